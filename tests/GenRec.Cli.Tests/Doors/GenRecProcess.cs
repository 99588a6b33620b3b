using System.Collections.Concurrent;
using System.Diagnostics;

namespace GenRec.Cli.Tests.Doors;

/// <summary>The real program in a process of its own: signals, exit codes and full disks are seen as a shell sees them.</summary>
internal sealed class GenRecProcess : IDisposable
{
    /// <summary>For a busy machine; none of the tests waits that long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = [];
    private readonly ConcurrentQueue<string> error = [];

    private GenRecProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "genrec");

    public string Out => string.Join('\n', output);

    public bool HasExited => process.HasExited;

    public string Error => string.Join('\n', error);

    /// <summary>Starts <c>genrec</c>.</summary>
    public static GenRecProcess Start(string folder, params IEnumerable<string> arguments) =>
        // A shell's background job ignores SIGINT and hands that down; env gives the signal its usual meaning again.
        OperatingSystem.IsLinux()
            ? StartProgram("env", folder, ["--default-signal=INT", Program, .. arguments])
            : StartProgram(Program, folder, arguments);

    /// <summary>Starts any program.</summary>
    public static GenRecProcess StartProgram(string program, string folder, params IEnumerable<string> arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals and limits of Unix are meant here.");
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["GENREC_DATA"] = Path.Combine(folder, "data");
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // its double mapping counts as a file, which a limit forbids
        return new GenRecProcess(Process.Start(start)!);
    }

    /// <summary>Runs <c>genrec</c> to its end.</summary>
    public static async Task<Shell> RunAsync(string folder, params IEnumerable<string> arguments)
    {
        using var process = Start(folder, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs <c>genrec</c> to its end with further environment variables.</summary>
    public static async Task<Shell> RunWithAsync(
        string folder,
        IReadOnlyDictionary<string, string> environment,
        params IEnumerable<string> arguments
    )
    {
        var variables = environment.Select(variable => $"{variable.Key}={variable.Value}");
        using var process = StartProgram("env", folder, [.. variables, Program, .. arguments]);
        return await process.EndAsync();
    }

    /// <summary>Waits until the output holds a text.</summary>
    public async Task SaysAsync(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Out.Contains(text, StringComparison.Ordinal) && !Error.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(process.HasExited, $"It ended before it said '{text}'.\n{Out}\n{Error}");
            Assert.True(clock.Elapsed < Patience, $"It did not say '{text}'.\n{Out}\n{Error}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends a signal by its name, as a shell's <c>kill</c> does.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<Shell> EndAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await process.WaitForExitAsync(patience.Token);
        return new Shell(process.ExitCode, Out + "\n", Error + "\n");
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }
}
