using System.IO.Compression;
using System.Text;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.Downloads;

/// <summary>The official archive, in small, becomes the files that the reader of <c>kuairand-pure</c> expects.</summary>
public class KuaiRandLayoutTests : DownloaderFixture
{
    private static string Old =>
        KuaiTests.LogHeader + KuaiTests.Row(9, 3, 20220410, 2000, like: true) + KuaiTests.Row(9, 4, 20220409, 1000);

    private static string New =>
        KuaiTests.LogHeader
        + KuaiTests.Row(9, 7, 20220426, 9000)
        + KuaiTests.Row(2, 5, 20220424, 5000, isLong: true)
        + KuaiTests.Row(2, 6, 20220425, 7000)
        + KuaiTests.Row(2, 8, 20220425, 7000);

    [Fact]
    public async Task TheShippedSourceMakesTheReadersFiles()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(
                request,
                Zip(
                    ("KuaiRand-Pure/data/log_standard_4_08_to_4_21_pure.csv", Old),
                    ("KuaiRand-Pure/data/log_standard_4_22_to_5_08_pure.csv", New.Replace("\n", "\r\n")),
                    (
                        "KuaiRand-Pure/data/log_random_4_22_to_5_08_pure.csv",
                        KuaiTests.LogHeader + KuaiTests.Row(2, 5, 20220424, 1)
                    ),
                    ("KuaiRand-Pure/data/user_features_pure.csv", "user_id,x\n2,1\n9,2\n"),
                    ("KuaiRand-Pure/data/video_features_basic_pure.csv", "video_id,tag\n5,1\n6,2\n7,3\n8,4\n")
                )
            )
        );
        var source = DownloadCatalogue.Load().Find("kuairand-pure").Single() with
        {
            Urls = [server.Url()],
            Md5 = null,
            Archive = ArchiveKind.Zip,
        };
        using var downloader = Downloader();
        await downloader.FetchAsync(source, TestContext.Current.CancellationToken);

        var folder = Path.Combine(Folder, "kuairand-pure");
        var data = PublicDatasets.Find("kuairand-pure")!.LoadFrom(folder);
        Assert.Empty(data.Gaps);
        Assert.Equal(["2", "9"], data.Interactions.UserKeys!); // in the order of time
        Assert.Equal(["6", "8", "7"], data.Interactions.ItemKeys!); // equal times as in the archive
        Assert.Equal(
            "user_id\thistory_len\tlast_time_ms\twatch\tlike\tlong_view\n2\t1\t5000\t5\t\t5\n9\t2\t2000\t4 3\t3\t\n",
            Unpack(Path.Combine(folder, "history_until_4_24.tsv.gz"))
        );
        Assert.Equal(1, PublicDatasets.Find("kuairand-pure-random")!.LoadFrom(folder).Interactions.Count);
        await downloader.FetchAsync(source, TestContext.Current.CancellationToken); // a second time finds everything
    }

    [Fact]
    public async Task APartThatIsMissingIsNamed()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Zip(("data/x.csv", Old))));
        var source = NotPinned(server.Url()) with { Archive = ArchiveKind.Zip, Derive = DerivedLayout.KuaiRandPure };
        using var downloader = Downloader();
        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(source, TestContext.Current.CancellationToken)
        );
        Assert.Contains("log_standard_4_08_to_4_21_pure.csv", error.Message);
        Assert.Contains("0 files", error.Message);
    }

    private static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        return packed.ToArray();
    }

    private static string Unpack(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}
