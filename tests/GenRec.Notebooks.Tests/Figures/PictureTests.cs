using System.Buffers.Binary;
using GenRec.Notebooks.Figures;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Figures;

public sealed class PictureTests : IDisposable
{
    private const string Line = """
        var trace = new Plotly.NET.Trace("scatter");
        trace.SetProperty("y", new[] { 3.0, 1.0, 2.0 });
        trace.SetProperty("name", "</script><!-- a name");
        GenericChart.ofTraceObject(true, trace)
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task FiguresGetAPictureThatIsKeptWhileTheyDoNotChange()
    {
        Assert.SkipUnless(
            Chromium.Find() is not null,
            "no Chromium, Chrome or Edge was found; GENREC_CHROMIUM names one"
        );
        var path = Notebooks.Write(folder.Path, "a.ipynb", Line, Line.Replace("3.0", "4.0", StringComparison.Ordinal));
        var runner = new NotebookRunner(new RunOptions { InPlace = true });
        var summary = await runner.RunAsync(path, TestContext.Current.CancellationToken);
        Assert.True(summary.Passed, summary.Problem);
        Assert.Empty(summary.Notes);
        var first = File.ReadAllText(path);
        foreach (var cell in Notebook.Parse(first).Cells)
        {
            var data = cell.Outputs.Single()!["data"]!.AsObject();
            Assert.Equal([MimeTypes.Plotly, MimeTypes.Png, MimeTypes.Text], data.Select(form => form.Key));
            var png = Convert.FromBase64String((string)data[MimeTypes.Png]!);
            Assert.Equal((byte)'P', png[1]);
            Assert.Equal(600, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16))); // the size that Plotly.NET gives by default
            Assert.Equal(600, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
            Assert.InRange(png.Length, 4_000, 60_000); // drawn, and modest
        }
        // A figure that stays the same keeps the bytes it has, also where no browser could make them.
        var marked = first.Replace("iVBORw0KGgo", "iVBORw0KGgoKEPT", StringComparison.Ordinal);
        File.WriteAllText(path, marked);
        await runner.RunAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(marked, File.ReadAllText(path));
    }

    [Fact]
    public async Task ABrokenFigureDoesNotSpoilTheNext()
    {
        Assert.SkipUnless(Chromium.Find() is { } _, "no Chromium, Chrome or Edge was found; GENREC_CHROMIUM names one");
        var drawn = await PlotlyPictures.DrawAsync(
            Chromium.Find()!,
            [
                new() { ["data"] = 5, ["layout"] = new System.Text.Json.Nodes.JsonObject() },
                new()
                {
                    ["data"] = new System.Text.Json.Nodes.JsonArray(),
                    ["layout"] = new System.Text.Json.Nodes.JsonObject { ["height"] = 200 },
                },
            ],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(PlotlyPictures.Width, BinaryPrimitives.ReadInt32BigEndian(drawn[1].Png.AsSpan(16)));
        Assert.Equal(200, BinaryPrimitives.ReadInt32BigEndian(drawn[1].Png.AsSpan(20)));
        Assert.True(drawn[0].Png is not null || drawn[0].Problem is not null);
    }

    [Fact]
    public async Task ABrowserThatDoesNotStartIsAClearError() =>
        Assert.Contains(
            "no-such-browser",
            (
                await Assert.ThrowsAsync<IOException>(() =>
                    PlotlyPictures.DrawAsync(Path.Combine(folder.Path, "no-such-browser"), [new()])
                )
            ).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task ABrowserThatCrashesIsStartedUpToThreeTimes(int crashes, bool drawn)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the browser of this test is a shell script");
        var browser = Path.Combine(folder.Path, "browser");
        await File.WriteAllTextAsync(
            browser,
            $"""
            #!/bin/sh
            echo start >> '{browser}.log'
            [ "$(wc -l < '{browser}.log')" -gt {crashes} ] || kill -SEGV $$
            echo drawn
            """,
            TestContext.Current.CancellationToken
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Task<string> Dump() =>
            Chromium.DumpAsync(
                browser,
                Path.Combine(folder.Path, "page.html"),
                TimeSpan.FromSeconds(30),
                TestContext.Current.CancellationToken
            );
        if (drawn)
            Assert.Equal("drawn\n", await Dump());
        else
            Assert.Contains("139", (await Assert.ThrowsAnyAsync<IOException>(Dump)).Message, StringComparison.Ordinal);
        Assert.Equal(3, (await File.ReadAllLinesAsync(browser + ".log", TestContext.Current.CancellationToken)).Length);
    }
}
