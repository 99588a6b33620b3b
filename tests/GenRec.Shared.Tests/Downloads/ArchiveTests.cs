using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Tests.Downloads;

public sealed class ArchiveTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("archives").FullName;

    private string Out => Path.Combine(folder, "out");

    [Theory]
    [InlineData(ArchiveKind.Zip)]
    [InlineData(ArchiveKind.TarGz)]
    public async Task EntriesKeepTheirNamesAndContent(ArchiveKind kind)
    {
        await UnpackAsync(kind, ("a/", ""), ("a/b.txt", "one"), ("c.txt", "two"));
        Assert.Equal("one", await ReadAsync("a/b.txt"));
        Assert.Equal("two", await ReadAsync("c.txt"));
    }

    [Theory]
    [InlineData("../evil.txt")]
    [InlineData("a/../../evil.txt")]
    [InlineData("/evil.txt")]
    [InlineData("..\\evil.txt")]
    [InlineData("C:\\evil.txt")]
    public async Task NoEntryLeavesTheFolder(string name)
    {
        foreach (var kind in new[] { ArchiveKind.Zip, ArchiveKind.TarGz })
        {
            var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
                UnpackAsync(kind, ("good.txt", "x"), (name, "evil"))
            );
            Assert.Contains($"'{name}' leads out of the folder", error.Message);
        }
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public async Task TarLinksAndDevicesAreRefused(TarEntryType type)
    {
        var path = Path.Combine(folder, "links.tar.gz");
        await using (var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest)))
        {
            var entry = new PaxTarEntry(type, "link");
            if (type != TarEntryType.Fifo)
                entry.LinkName = "/etc/passwd";
            await tar.WriteEntryAsync(entry, TestContext.Current.CancellationToken);
        }
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Archives.UnpackAsync(path, ArchiveKind.TarGz, Out, cancel: TestContext.Current.CancellationToken)
        );
        Assert.Contains("is a link or a device", error.Message);
        AssertNothingLeft();
    }

    [Fact]
    public async Task ZipLinksAreRefused()
    {
        var path = Path.Combine(folder, "links.zip");
        await using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            var entry = zip.CreateEntry("link");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000); // lrwxrwxrwx
            await using var stream = await entry.OpenAsync(TestContext.Current.CancellationToken);
            await stream.WriteAsync("/etc/passwd"u8.ToArray(), TestContext.Current.CancellationToken);
        }
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            Archives.UnpackAsync(path, ArchiveKind.Zip, Out, cancel: TestContext.Current.CancellationToken)
        );
        Assert.Contains("is a link or a device", error.Message);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(ArchiveKind.Zip)]
    [InlineData(ArchiveKind.TarGz)]
    public async Task ABombStopsAtItsBound(ArchiveKind kind)
    {
        var limits = new ArchiveLimits { Floor = 10_000 };
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            UnpackAsync(kind, limits, ("bomb", new string('0', 3_000_000)))
        );
        Assert.Contains("100 times the archive", error.Message);
        await UnpackAsync(kind, ("fine", new string('0', 3_000_000))); // within the usual floor
    }

    [Fact]
    public async Task TooManyEntriesAreRefused()
    {
        var limits = new ArchiveLimits { Entries = 2 };
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            UnpackAsync(ArchiveKind.Zip, limits, ("a", ""), ("b", ""), ("c", ""))
        );
        Assert.Contains("more than 2 entries", error.Message);
        AssertNothingLeft();
    }

    [Fact]
    public async Task ANameThatIsThereTwiceIsRefused()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            UnpackAsync(ArchiveKind.Zip, ("a", "1"), ("./a", "2"))
        );
        Assert.Contains("is there twice", error.Message);
    }

    [Fact]
    public async Task WhatIsThereIsNotUnpackedOver()
    {
        Directory.CreateDirectory(Out);
        await Assert.ThrowsAsync<IOException>(() => UnpackAsync(ArchiveKind.Zip, ("a", "1")));
    }

    [Theory]
    [InlineData(ArchiveKind.Zip)]
    [InlineData(ArchiveKind.TarGz)]
    public async Task ABrokenArchiveLeavesNothing(ArchiveKind kind)
    {
        var path = Write(kind, [("a", Convert.ToBase64String(DownloaderFixture.Bytes(1, 50_000)))]);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => InvalidAsIoAsync(Archives.UnpackAsync(path, kind, Out)));
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    public async Task OneFileUnderGzipIsWholeOrAnError(double share)
    {
        var path = Path.Combine(folder, "one.txt.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await gzip.WriteAsync(DownloaderFixture.Bytes(1, 100_000), TestContext.Current.CancellationToken);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            path,
            bytes[..(int)(bytes.Length * share)],
            TestContext.Current.CancellationToken
        );
        var target = Path.Combine(folder, "one.txt");
        if (share < 1)
        {
            await Assert.ThrowsAsync<InvalidDataException>(() =>
                Archives.UnpackGzAsync(path, target, cancel: TestContext.Current.CancellationToken)
            );
            Assert.Equal(["one.txt.gz"], Directory.GetFiles(folder).Select(Path.GetFileName));
            return;
        }
        await Archives.UnpackGzAsync(path, target, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(
            DownloaderFixture.Bytes(1, 100_000),
            await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task ATarCutAfterAWholeEntryIsAnErrorToo()
    {
        var path = Write(ArchiveKind.TarGz, [("a", "one"), ("b", "two")]);
        var whole = new MemoryStream();
        await using (var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            await gzip.CopyToAsync(whole, TestContext.Current.CancellationToken);
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            await gzip.WriteAsync(whole.ToArray(), TestContext.Current.CancellationToken);
        var end = packed.ToArray().AsSpan().LastIndexOf("two"u8) + 600; // within the padding that follows the entries
        await File.WriteAllBytesAsync(path, packed.ToArray()[..end], TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            Archives.UnpackAsync(path, ArchiveKind.TarGz, Out, cancel: TestContext.Current.CancellationToken)
        );
        AssertNothingLeft();
    }

    [Fact]
    public void AGzipOfManyMembersIsWholeAtEveryMemberAndCutAnywhereElse()
    {
        var path = Path.Combine(folder, "members.gz");
        var (packed, ends) = (new MemoryStream(), new HashSet<long>());
        foreach (var text in new[] { "one", "", "three" })
        {
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(Encoding.UTF8.GetBytes(text));
            ends.Add(packed.Length);
        }
        for (var length = 1; length <= packed.Length; length++)
        {
            File.WriteAllBytes(path, packed.ToArray()[..length]);
            using var stream = WholeGzipStream.Open(path);
            using var reader = new StreamReader(stream);
            if (ends.Contains(length))
                Assert.StartsWith("one", reader.ReadToEnd());
            else
                Assert.Throws<InvalidDataException>(reader.ReadToEnd);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void AssertNothingLeft() => Assert.Empty(Directory.GetDirectories(folder));

    private static async Task InvalidAsIoAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (InvalidDataException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    private Task<string> ReadAsync(string name) =>
        File.ReadAllTextAsync(Path.Combine(Out, name), TestContext.Current.CancellationToken);

    private Task UnpackAsync(ArchiveKind kind, params (string Name, string Text)[] entries) =>
        UnpackAsync(kind, new ArchiveLimits(), entries);

    private Task UnpackAsync(ArchiveKind kind, ArchiveLimits limits, params (string Name, string Text)[] entries) =>
        Archives.UnpackAsync(Write(kind, entries), kind, Out, limits, cancel: TestContext.Current.CancellationToken);

    private string Write(ArchiveKind kind, (string Name, string Text)[] entries)
    {
        var path = Path.Combine(folder, $"{kind}.archive");
        if (kind == ArchiveKind.Zip)
        {
            using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
            foreach (var (name, text) in entries)
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
            return path;
        }
        using var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest));
        foreach (var (name, text) in entries)
        {
            var isFolder = name.EndsWith('/');
            var entry = new PaxTarEntry(isFolder ? TarEntryType.Directory : TarEntryType.RegularFile, name);
            if (!isFolder)
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text));
            tar.WriteEntry(entry);
        }
        return path;
    }
}
