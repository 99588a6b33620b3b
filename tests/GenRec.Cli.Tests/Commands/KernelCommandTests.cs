namespace GenRec.Cli.Tests.Commands;

public sealed class KernelCommandTests : IDisposable
{
    private readonly string prefix = Directory.CreateTempSubdirectory("genrec-prefix-").FullName;

    private string Kernel => Path.Combine(prefix, "share", "jupyter", "kernels", ".net-csharp");

    public void Dispose() => Directory.Delete(prefix, recursive: true);

    [Fact]
    public async Task InstallingSaysWhereAndRemovingUndoesIt()
    {
        var installed = await Shell.RunAsync("kernel", "install", "--prefix", prefix);
        Assert.Equal(0, installed.ExitCode);
        Assert.Contains(Kernel, installed.Out);
        Assert.True(File.Exists(Path.Combine(Kernel, "kernel.json")));
        var removed = await Shell.RunAsync("kernel", "remove", "--prefix", prefix);
        Assert.Equal(0, removed.ExitCode);
        Assert.False(Directory.Exists(Kernel));
    }

    [Fact]
    public async Task AForeignKernelOfTheSameNameIsNotReplacedUnasked()
    {
        Directory.CreateDirectory(Kernel);
        await File.WriteAllTextAsync(
            Path.Combine(Kernel, "kernel.json"),
            """{ "argv": ["dotnet", "interactive", "jupyter"], "display_name": ".NET (C#)" }""",
            TestContext.Current.CancellationToken
        );
        (await Shell.RunAsync("kernel", "install", "--prefix", prefix)).FailsWith(1, ".NET Interactive", "--force");
        (await Shell.RunAsync("kernel", "remove", "--prefix", prefix)).FailsWith(2, "Our kernel is not in");
    }

    [Fact]
    public async Task AMissingPrefixOrConnectionFileIsNamed()
    {
        var nowhere = Path.Combine(prefix, "nowhere");
        (await Shell.RunAsync("kernel", "install", "--prefix", nowhere)).FailsWith(2, nowhere);
        (await Shell.RunAsync("kernel", "start", nowhere)).FailsWith(2, nowhere);
    }
}
