using GenRec.Cli.Experiments;

namespace GenRec.Cli.Tests;

/// <summary>Runs a command line inside the test and keeps what it said.</summary>
internal sealed record Shell(int ExitCode, string Out, string Error)
{
    public static async Task<Shell> RunAsync(
        IReadOnlyList<string> arguments,
        IExperimentRegistry? experiments = null,
        CancellationToken cancel = default
    )
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, new Terminal(output, error), experiments, cancel: cancel);
        return new Shell(code, output.ToString(), error.ToString());
    }

    public static Task<Shell> RunAsync(params string[] arguments) =>
        RunAsync(arguments, cancel: TestContext.Current.CancellationToken);

    /// <summary>What every error owes its reader: one line that starts with "error:", no stack trace.</summary>
    public void FailsWith(int exitCode, params string[] pieces)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at GenRec.", Error);
        Assert.All(pieces, piece => Assert.Contains(piece, Error));
    }
}
