using GenRec.Notebooks.Hosts;

namespace GenRec.Notebooks.Tests.Hosts;

public sealed class BootstrapFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ItIsWrittenBesideNotebooksWithAbsolutePaths()
    {
        Notebooks.Write(folder.Path, "1-a/01.ipynb", "1");
        Notebooks.Write(folder.Path, "2-b/02.ipynb", "1");
        Directory.CreateDirectory(Path.Combine(folder.Path, "notes"));
        var written = BootstrapFile.Write(folder.Path, AppContext.BaseDirectory);
        Assert.Equal(["1-a", "2-b"], written.Select(file => Path.GetFileName(Path.GetDirectoryName(file))));
        var lines = File.ReadAllLines(written[0]);
        var references = lines
            .Where(line => line.StartsWith("#r ", StringComparison.Ordinal))
            .Select(line => line[4..^1])
            .ToArray();
        Assert.Contains(references, path => path.EndsWith("/GenRec.Shared.dll", StringComparison.Ordinal));
        Assert.All(references, path => Assert.True(Path.IsPathFullyQualified(path) && File.Exists(path), path));
        Assert.DoesNotContain(references, path => path.Contains("FSharp.Core", StringComparison.Ordinal));
        Assert.Contains("using static TorchSharp.torch;", lines);
        var time = File.GetLastWriteTimeUtc(written[0]);
        BootstrapFile.Write(folder.Path, AppContext.BaseDirectory);
        Assert.Equal(time, File.GetLastWriteTimeUtc(written[0]));
    }

    [Fact]
    public async Task OurSessionsIgnoreItAndAScriptHostCanRunIt()
    {
        Notebooks.Write(folder.Path, "a.ipynb", "1");
        var file = Assert.Single(BootstrapFile.Write(folder.Path, AppContext.BaseDirectory));
        using var session = new Sessions.TestSession(folder.Path);
        Assert.Equal("3", await session.ValueAsync("#!import bootstrap.csx\nzeros(3).shape[0]"));
        Assert.Equal("4", await session.ValueAsync($"#load \"{file.Replace('\\', '/')}\"\nF.relu(zeros(4)).shape[0]"));
    }

    [Fact]
    public void AFileOfTheUsersOwnIsLeftAlone()
    {
        Notebooks.Write(folder.Path, "a.ipynb", "1");
        var file = Path.Combine(folder.Path, BootstrapFile.Name);
        File.WriteAllText(file, "var mine = 1;");
        Assert.Empty(BootstrapFile.Write(folder.Path, AppContext.BaseDirectory));
        Assert.Equal("var mine = 1;", File.ReadAllText(file));
    }

    [Fact]
    public void AMissingLibraryIsAClearError() =>
        Assert.Contains(
            "build GenRec.Shared first",
            Assert.Throws<FileNotFoundException>(() => BootstrapFile.Write(folder.Path, folder.Path)).Message,
            StringComparison.Ordinal
        );
}
