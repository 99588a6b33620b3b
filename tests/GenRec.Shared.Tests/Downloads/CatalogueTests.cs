using System.Text;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Tests.Downloads;

public class CatalogueTests
{
    private const string Good =
        """{"name": "a", "dataset": "d", "title": "t", "file": "f.zip", "urls": ["https://example.org/f.zip"], "page": "https://example.org", "terms": "x", "source": "y", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "archive": "tar.gz"}""";

    [Fact]
    public void TheShippedCatalogueIsSound()
    {
        var sources = DownloadCatalogue.Load().Sources;
        Assert.True(sources.Count > 80);
        Assert.All(sources.SelectMany(source => source.Urls), url => Assert.Equal("https", url.Scheme));
        Assert.All(sources.Where(source => source.GitBlob is not null), source => Assert.Equal(2, source.Urls.Count));
        Assert.Contains(
            sources,
            source => source.Name == "ml-100k" && source.Archive == ArchiveKind.Zip && source.IsPinned
        );
    }

    [Fact]
    public void ANameFindsOneFileAndADatasetAllOfItsFiles()
    {
        var catalogue = DownloadCatalogue.Load();
        Assert.Equal("ml-1m.zip", catalogue.Find("ml-1m-original").Single().File);
        Assert.Equal(2, catalogue.Find("ml-1m").Count);
        Assert.Contains("ml-latest-small", Assert.Throws<ArgumentException>(() => catalogue.Find("ml-3m")).Message);
    }

    [Fact]
    public async Task ChecksumsAreThoseOfTheOriginals()
    {
        var source = DownloadCatalogue.Load().Find("ml-1m-sasrec").Single();
        var folder = DataFolders.TryFind("ml-1m", "ml-1m.txt.gz");
        Assert.SkipUnless(
            folder is not null,
            $"Set {DataFolders.Variable} to the folder of public data: it needs ml-1m/ml-1m.txt.gz."
        );
        var unpacked = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.txt");
        try
        {
            await Archives.UnpackGzAsync(
                Path.Combine(folder!, "ml-1m.txt.gz"),
                unpacked,
                cancel: TestContext.Current.CancellationToken
            );
            var sums = await Checksums.OfAsync(unpacked, cancel: TestContext.Current.CancellationToken);
            Assert.Null(sums.Mismatch(source)); // size, SHA-256, MD5 and git blob, all four
            Assert.Contains("sha256", sums.Mismatch(source with { Sha256 = new string('0', 64) }));
            Assert.Contains("git blob", sums.Mismatch(source with { GitBlob = new string('0', 40) }));
        }
        finally
        {
            File.Delete(unpacked);
        }
    }

    [Fact]
    public async Task SumsOfKnownTextAreKnown()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "hello\n", TestContext.Current.CancellationToken);
        var sums = await Checksums.OfAsync(path, cancel: TestContext.Current.CancellationToken);
        File.Delete(path);
        Assert.Equal("ce013625030ba8dba906f756967f9e9ca394464a", sums.GitBlob); // git hash-object
        Assert.Equal("b1946ac92492d2347c6235b4d2611184", sums.Md5);
        Assert.Equal("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", sums.Sha256);
    }

    [Theory]
    [InlineData("\"f.zip\", \"urls\"", "\"../f.zip\", \"urls\"", "'../f.zip' is no plain file name")]
    [InlineData("https://example.org/f.zip", "ftp://example.org/f.zip", "is no web address")]
    [InlineData("abcdef\"", "abcdeg\"", "is not 64 lower-case hexadecimal digits")]
    [InlineData("\"name\": \"a\"", "\"name\": \"A b\"", "'A b' is no name")]
    [InlineData("tar.gz", "rar", "archive")]
    [InlineData("\"terms\": \"x\"", "\"terms\": \"\"", "must not be blank")]
    [InlineData("\"terms\": \"x\", ", "", "terms")]
    public void AWrongEntryIsNamedByFileLineAndReason(string right, string wrong, string reason)
    {
        Assert.Contains(right, Good);
        var error = Assert.Throws<InvalidDataException>(() => Parse(Good.Replace(right, wrong)));
        Assert.Contains(".json:2: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void ANameThatIsThereTwiceIsAnError() =>
        Assert.Contains(
            ".json:3: the name 'a' is there twice",
            Assert.Throws<InvalidDataException>(() => Parse($"{Good},\n{Good}")).Message
        );

    private static DownloadCatalogue Parse(string entries)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, "{\"sources\": [\n" + entries + "\n]}", Encoding.UTF8);
        try
        {
            return DownloadCatalogue.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
