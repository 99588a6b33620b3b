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
}
