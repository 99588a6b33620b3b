namespace GenRec.Cli.Tests.Commands;

public sealed class ErrorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AnUnknownCommandIsWrongInputAndNamesTheHelp() =>
        (await Shell.RunAsync("experimnt")).FailsWith(2, "experimnt", "genrec --help");

    [Fact]
    public async Task AnUnknownOptionNamesTheHelpOfItsCommand() =>
        (await Shell.RunAsync("data", "card", "ml-1m", "--nonsense")).FailsWith(
            2,
            "--nonsense",
            "genrec data card --help"
        );

    [Fact]
    public async Task AScaleThatDoesNotExistIsRefused() =>
        (await Shell.RunAsync("run", "--scale", "huge")).FailsWith(2, "huge", "smoke");

    [Fact]
    public async Task AnUnknownDatasetSuggestsTheNearestName() =>
        (await Shell.RunAsync("data", "card", "amazon14-beatuy")).FailsWith(
            2,
            "Did you mean 'amazon14-beauty'?",
            "data list"
        );

    [Fact]
    public async Task AMissingFileIsNamed()
    {
        var path = Path.Combine(folder, "nothing.txt");
        (await Shell.RunAsync("data", "import", "sequences", path)).FailsWith(2, path);
    }

    [Fact]
    public async Task ABrokenLineIsNamedByFileAndNumber()
    {
        var path = Path.Combine(folder, "broken.txt");
        await File.WriteAllTextAsync(path, "1 1 2 3\n2 4 x 5\n", TestContext.Current.CancellationToken);
        (await Shell.RunAsync("data", "import", "sequences", path)).FailsWith(2, $"{path}:2");
        var lenient = await Shell.RunAsync("data", "import", "sequences", path, "--skip-broken");
        Assert.Equal(0, lenient.ExitCode);
        Assert.Contains($"{path}:2", lenient.Out);
    }

    [Fact]
    public async Task AnImportStoppedAfterItsReadingWritesNothing()
    {
        var file = Path.Combine(folder, "events.txt");
        await File.WriteAllTextAsync(file, "1 1 2 3\n2 2 3\n", TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        using var output = new StopsAt("density", stop);
        using var error = new StringWriter();
        string[] import = ["data", "import", "sequences", file, "--output", Path.Combine(folder, "imported")];
        var code = await CommandLine.RunAsync(import, new Terminal(output, error), cancel: stop.Token);
        Assert.Equal((1, "Stopped."), (code, error.ToString().Trim()));
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task AnImportDoesNotOverwriteAFolder()
    {
        var path = Path.Combine(folder, "good.txt");
        await File.WriteAllTextAsync(path, "1 1 2 3\n2 2 3\n", TestContext.Current.CancellationToken);
        var target = Path.Combine(folder, "imported");
        var first = await Shell.RunAsync("data", "import", "sequences", path, "--output", target);
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("2", first.Out);
        Assert.Equal(
            "1 1 2 3\n2 2 3\n",
            await File.ReadAllTextAsync(Path.Combine(target, "sequences.txt"), TestContext.Current.CancellationToken)
        );
        (await Shell.RunAsync("data", "import", "sequences", path, "--output", target)).FailsWith(2, target);
    }

    [Theory]
    [InlineData("seed", "name=value")]
    [InlineData("=7", "name=value")]
    public async Task AParameterMustBeAnAssignment(string assignment, string advice) =>
        (await Shell.RunAsync("run", "--parameter", assignment)).FailsWith(2, advice);

    [Fact]
    public async Task InPlaceAndAnOutputFolderExcludeEachOther() =>
        (await Shell.RunAsync("run", "--in-place", "--output", folder)).FailsWith(2, "--in-place", "--output");

    [Theory]
    [InlineData("--epochs", "1.5", "at least 1")]
    [InlineData("--epochs", "many", "at least 1")]
    [InlineData("--epochs", "-3", "at least 1")]
    [InlineData("--seed", "abc", "whole number")]
    [InlineData("--device", "gpu7", "is no device")]
    [InlineData("--device", "cuda:99", "cuda:99")]
    [InlineData("--output", "/", "no folder that a run could have")]
    [InlineData("--output", "no good!", "names no run")]
    public async Task AnOptionOfARunThatDoesNotFitIsToldInWords(string option, string value, string said)
    {
        var before = Directory.GetFileSystemEntries(Environment.CurrentDirectory);
        var told = await Shell.RunAsync(
            ["experiment", "run", "sasrec-bce-smoke-smoke", option, value, .. Elsewhere(option)],
            cancel: TestContext.Current.CancellationToken
        );
        told.FailsWith(2, said);
        Assert.DoesNotContain("System.", told.Error);
        Assert.DoesNotContain("Parameter", told.Error);
        Assert.Equal(before, Directory.GetFileSystemEntries(Environment.CurrentDirectory));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("few")]
    public async Task TheCoreOfAnImportMustBeACount(string core) =>
        (await Shell.RunAsync("data", "import", "csv", "x.csv", "--core", core)).FailsWith(
            2,
            $"'{core}'",
            "at least 1"
        );

    [Fact]
    public async Task AFolderNamedWithItsSeparatorIsThatFolder()
    {
        var path = Path.Combine(folder, "run");
        var run = await Shell.RunAsync("experiment", "run", "sasrec-bce-smoke-smoke", "--output", path + "/");
        Assert.Equal(0, run.ExitCode);
        Assert.True(File.Exists(Path.Combine(path, "metrics.json")));
    }

    [Fact]
    public async Task ADamagedRunIsNamedByFile()
    {
        var path = Path.Combine(folder, "run");
        await Shell.RunAsync("experiment", "run", "sasrec-bce-smoke-smoke", "--output", path);
        var config = Path.Combine(path, "config.json");
        File.Delete(Path.Combine(path, "metrics.json"));

        var written = await File.ReadAllTextAsync(config, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            config,
            written.Replace("\"dropout\": 0.3", "\"dropout\": 0.4"),
            TestContext.Current.CancellationToken
        );
        (await Shell.RunAsync("experiment", "resume", path)).FailsWith(2, "options.model.dropout was 0.4 and is 0.3");
        await File.WriteAllTextAsync(config, written, TestContext.Current.CancellationToken);

        foreach (var weights in Directory.GetFiles(path, "weights.safetensors", SearchOption.AllDirectories))
            await File.WriteAllTextAsync(weights, "broken", TestContext.Current.CancellationToken);
        var told = await Shell.RunAsync("experiment", "resume", path);
        told.FailsWith(2, "is damaged", "weights.safetensors");
        Assert.DoesNotContain("Carry on", told.Error); // it would fail again
        (await Shell.RunAsync("experiment", "record", path)).FailsWith(2, path, "has not finished");

        var description = Path.Combine(path, "run.json");
        await File.WriteAllTextAsync(description, "{\n  \"name\": 3", TestContext.Current.CancellationToken);
        (await Shell.RunAsync("experiment", "resume", path)).FailsWith(2, $"{description}:2");
    }

    private string[] Elsewhere(string option) => option == "--output" ? [] : ["--output", Path.Combine(folder, "run")];

    [Fact]
    public async Task VerboseTellsWhereInTheCodeAnErrorArose()
    {
        var told = await Shell.RunAsync(
            "--verbose",
            "data",
            "import",
            "sequences",
            Path.Combine(folder, "nothing.txt")
        );
        Assert.Equal(2, told.ExitCode);
        Assert.Contains("   at GenRec.Cli", told.Error);
    }

    [Fact]
    public async Task TheVersionIsPrinted()
    {
        var told = await Shell.RunAsync("--version");
        Assert.Equal(0, told.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", told.Out);
    }

    /// <summary>A user who presses Ctrl+C as soon as a text is shown.</summary>
    private sealed class StopsAt(string text, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(object? value)
        {
            base.WriteLine(value);
            if (ToString().Contains(text, StringComparison.Ordinal))
                stop.Cancel();
        }
    }
}
