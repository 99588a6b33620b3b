using GenRec.Shared.Data.Downloads;

namespace GenRec.Shared.Tests.Downloads;

public sealed class DownloaderTests : DownloaderFixture
{
    [Fact]
    public async Task AFileArrivesWholeVerifiedAndWithNothingBesideIt()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        var file = await FetchAsync(Source(server.Url()));
        Assert.Equal(Content, await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
        Assert.Equal((Target, false, (long)Content.Length), (file.Path, file.WasThere, file.Bytes));
        Assert.Equal(["file.bin", "file.bin.lock", "file.bin.verified"], FilesThere());
        Assert.Equal(DownloadPhase.Done, Reports[^1].Phase);
        Assert.Empty(Warnings);
        Assert.True((await FetchAsync(Source(server.Url()))).WasThere);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ACutConnectionIsContinuedWhereItBroke()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(request, Content) with
            {
                CutAfter = request.Number <= 2 ? 15_000 : int.MaxValue,
            }
        );
        var file = await FetchAsync(Source(server.Url()));
        Assert.Equal(Content, await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
        Assert.Equal([null, 15_000, 30_000], server.Requests.Select(request => request.RangeStart));
        Assert.Equal("\"1\"", server.Requests.Last().Headers["if-range"]);
        Assert.Equal(2, Reports.Count(report => report.Phase == DownloadPhase.Retrying));
    }

    [Fact]
    public async Task ProgressRenewsTheRetries()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content) with { CutAfter = 4_000 });
        await FetchAsync(Source(server.Url())); // 13 tries with 3 retries
        Assert.Equal(13, server.Requests.Count);
    }

    [Fact]
    public async Task AServerWithoutRangesIsAskedForTheWholeAgain()
    {
        using var server = new FaultyServer(request => new Answer(200, Content)
        {
            Headers = { ["ETag"] = "\"1\"" },
            CutAfter = request.Number == 1 ? 20_000 : int.MaxValue,
        });
        var file = await FetchAsync(Source(server.Url()));
        Assert.Equal(Content, await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
        Assert.Equal(20_000, server.Requests.Last().RangeStart);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task ATiredServerIsAskedAgain(int status)
    {
        using var server = new FaultyServer(request =>
            request.Number < 3
                ? new Answer(status, [1, 2, 3]) { Headers = { ["Retry-After"] = "0" } }
                : FaultyServer.Serve(request, Content)
        );
        await FetchAsync(Source(server.Url()));
        Assert.Equal(3, server.Requests.Count);
        Assert.Contains(Reports, report => report.Detail?.Contains($"answered {status}") == true);
    }

    [Fact]
    public async Task AMissingFileIsNotAskedForAgainButTheNextAddressIs()
    {
        using var server = new FaultyServer(request =>
            request.Path == "/gone" ? new Answer(404, []) : FaultyServer.Serve(request, Content)
        );
        await FetchAsync(Source(server.Url("gone"), server.Url("there")));
        Assert.Equal(["/gone", "/there"], server.Requests.Select(request => request.Path));
        Assert.Contains("404", Assert.Single(Warnings));
    }

    [Fact]
    public async Task AFileWithAnotherChecksumNeverGetsItsName()
    {
        var other = Bytes(seed: 2, Content.Length);
        using var server = new FaultyServer(request => FaultyServer.Serve(request, other));
        var message = await FailAsync(Source(server.Url()));
        Assert.Contains("its sha256 is", message);
        Assert.Contains(Source().Sha256!, message);
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task AMirrorThatLiesIsLeftForTheNext()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(request, request.Path == "/lies" ? Bytes(seed: 2, Content.Length) : Content)
        );
        await FetchAsync(Source(server.Url("lies"), server.Url("true")));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task AnotherSizeIsRefusedBeforeItIsTransferred()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Bytes(seed: 1, 1_000)));
        Assert.Contains("offers 1,000 bytes, expected 50,000", await FailAsync(Source(server.Url())));
    }

    [Fact]
    public async Task ContentThatChangesBetweenTwoPiecesIsStartedOver()
    {
        var old = Bytes(seed: 3, Content.Length);
        using var server = new FaultyServer(request =>
            request.Number == 1
                ? FaultyServer.Serve(request, old, "\"old\"") with
                {
                    CutAfter = 20_000,
                }
                : FaultyServer.Serve(request, Content, "\"new\"")
        );
        var file = await FetchAsync(NotPinned(server.Url())); // no checksum could have told
        Assert.Equal(Content, await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
        Assert.Equal("\"old\"", server.Requests.Last().Headers["if-range"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AServerThatIgnoresIfRangeDoesNotGetAMixtureThrough(bool isPinned)
    {
        var old = Bytes(seed: 3, Content.Length);
        using var server = new FaultyServer(request =>
        {
            var blind = request with
            {
                Headers = request
                    .Headers.Where(header => header.Key != "If-Range")
                    .ToDictionary(StringComparer.OrdinalIgnoreCase),
            };
            return request.Number == 1
                ? FaultyServer.Serve(blind, old, "\"old\"") with
                {
                    CutAfter = 20_000,
                }
                : FaultyServer.Serve(blind, Content, "\"new\"");
        });
        var file = await FetchAsync(isPinned ? Source(server.Url()) : NotPinned(server.Url()));
        Assert.Equal(Content, await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
        Assert.Equal([null, 20_000, null], server.Requests.Select(request => request.RangeStart));
    }

    [Fact]
    public async Task ASilentServerIsGivenUpAndThePartContinued()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(request, Content) with
            {
                CutAfter = request.Number == 1 ? 10_000 : int.MaxValue,
                Hangs = request.Number == 1,
            }
        );
        using var downloader = Downloader(options => options with { Silence = TimeSpan.FromSeconds(1) });
        await downloader.FetchAsync(Source(server.Url()), TestContext.Current.CancellationToken);
        Assert.Equal(10_000, server.Requests.Last().RangeStart);
        Assert.Contains(Reports, report => report.Detail?.Contains("silent for 1 s") == true);
    }

    [Fact]
    public async Task CancellationLeavesAPartThatTheNextRunContinues()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(request, Content) with
            {
                CutAfter = request.Number == 1 ? 30_000 : int.MaxValue,
                Hangs = request.Number == 1,
            }
        );
        using var cancel = new CancellationTokenSource();
        using (var downloader = Downloader())
        {
            var running = downloader.FetchAsync(Source(server.Url()), cancel.Token);
            while (!File.Exists(Part) || new FileInfo(Part).Length < 30_000)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
        Assert.Equal(30_000, new FileInfo(Part).Length);
        await FetchAsync(Source(server.Url()));
        Assert.Equal(30_000, server.Requests.Last().RangeStart);
    }

    [Fact]
    public async Task APartThatIsTheWholeNeedsNoByteMore()
    {
        using var server = new FaultyServer(request =>
            FaultyServer.Serve(request, Content) with
            {
                Hangs = request.Number == 1,
                AnnouncedLength = request.Number == 1 ? -1 : null,
            }
        );
        using var downloader = Downloader(options => options with { Silence = TimeSpan.FromSeconds(1) });
        await downloader.FetchAsync(Source(server.Url()), TestContext.Current.CancellationToken);
        Assert.Equal(Content.Length, server.Requests.Last().RangeStart);
    }

    [Fact]
    public async Task WithoutANetworkTheMessageSaysWhereToPutTheFile()
    {
        var nobody = new Uri("http://127.0.0.1:9/file.bin"); // the discard port: nothing listens
        var message = await FailAsync(Source(nobody));
        Assert.Contains(nobody.ToString(), message);
        Assert.Contains($"put it at\n  {Target}\n(50,000 bytes, sha256 {Source().Sha256})", message);
        await File.WriteAllBytesAsync(Target, Content, TestContext.Current.CancellationToken);
        Assert.True((await FetchAsync(Source(nobody))).WasThere);
    }

    [Fact]
    public async Task AWrongFilePutThereByHandIsReportedAndLeftAlone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        await File.WriteAllTextAsync(Target, "mine", TestContext.Current.CancellationToken);
        using var downloader = Downloader();
        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(Source(), TestContext.Current.CancellationToken)
        );
        Assert.Contains("it has 4 bytes, expected 50,000", error.Message);
        Assert.Equal("mine", await File.ReadAllTextAsync(Target, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AFileThatChangedAfterItsCheckIsCheckedAgain()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        await FetchAsync(Source(server.Url()));
        await File.WriteAllBytesAsync(Target, Bytes(seed: 9, Content.Length), TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(Target, DateTime.UtcNow.AddSeconds(5));
        using var downloader = Downloader();
        await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(Source(server.Url()), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task WithoutAChecksumTheComputedOneIsShown()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        var file = await FetchAsync(NotPinned(server.Url()));
        Assert.Equal(Source().Sha256, file.Sha256);
        Assert.Contains(file.Sha256, Assert.Single(Warnings));
    }

    [Fact]
    public async Task AFullDiskIsSeenBeforeTheFirstByte()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        using var downloader = Downloader(options => options with { FreeBytes = _ => 1_000 });
        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(Source(server.Url()), TestContext.Current.CancellationToken)
        );
        Assert.Contains("has 1,000 free bytes, but 50,000 more are needed", error.Message);
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task TwoDownloadsOfOneFileTransferItOnce()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        var both = await Task.WhenAll(FetchAsync(Source(server.Url())), FetchAsync(Source(server.Url())));
        Assert.Single(both, file => file.WasThere);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task WhatReadersExpectIsMadeFromTheFile()
    {
        using var server = new FaultyServer(request => FaultyServer.Serve(request, Content));
        var source = Source(server.Url()) with { Install = new Dictionary<string, string> { ["rows.txt.gz"] = "." } };
        await FetchAsync(source);
        await using var gzip = new System.IO.Compression.GZipStream(
            File.OpenRead(Path.Combine(Folder, "set", "rows.txt.gz")),
            System.IO.Compression.CompressionMode.Decompress
        );
        var unpacked = new MemoryStream();
        await gzip.CopyToAsync(unpacked, TestContext.Current.CancellationToken);
        Assert.Equal(Content, unpacked.ToArray());
    }

    [Fact]
    public async Task AnArchiveIsUnpackedAndItsMembersBecomeTheReadersFiles()
    {
        var packed = new MemoryStream();
        await using (
            var zip = new System.IO.Compression.ZipArchive(packed, System.IO.Compression.ZipArchiveMode.Create, true)
        )
        await using (var entry = await zip.CreateEntry("ml/u.data").OpenAsync(TestContext.Current.CancellationToken))
            await entry.WriteAsync("1 2"u8.ToArray(), TestContext.Current.CancellationToken);
        using var server = new FaultyServer(request => FaultyServer.Serve(request, packed.ToArray()));
        var source = NotPinned(server.Url()) with
        {
            Archive = ArchiveKind.Zip,
            Install = new Dictionary<string, string> { ["u.data"] = "ml/u.data" },
        };
        var file = await FetchAsync(source);
        var (member, made) = (Path.Combine(file.Unpacked!, "ml", "u.data"), Path.Combine(Folder, "set", "u.data"));
        Assert.Equal("1 2", await File.ReadAllTextAsync(member, TestContext.Current.CancellationToken));
        Assert.Equal("1 2", await File.ReadAllTextAsync(made, TestContext.Current.CancellationToken));
        await FetchAsync(source); // a second time finds everything
        using var downloader = Downloader();
        var missing = source with { Install = new Dictionary<string, string> { ["u.item"] = "ml/u.item" } };
        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(missing, TestContext.Current.CancellationToken)
        );
        Assert.Contains("holds no ml/u.item", error.Message);
    }

    [Fact]
    public async Task WithoutRetriesEveryAddressIsAskedOnce()
    {
        using var server = new FaultyServer(_ => new Answer(503, []));
        using var downloader = Downloader(options => options with { Retries = 0 });
        await Assert.ThrowsAsync<DownloadException>(() =>
            downloader.FetchAsync(Source(server.Url("a"), server.Url("b")), TestContext.Current.CancellationToken)
        );
        Assert.Equal(["/a", "/b"], server.Requests.Select(request => request.Path));
    }

    private IEnumerable<string?> FilesThere() =>
        Directory.GetFiles(Path.Combine(Folder, "set")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
