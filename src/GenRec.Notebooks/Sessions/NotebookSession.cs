using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis.Scripting;

namespace GenRec.Notebooks.Sessions;

/// <summary>Runs cells of C# one after another; each sees what those before it declared.</summary>
/// <remarks>
/// One engine for every door: what a cell shows goes to the <see cref="ICellSink"/> given with it, so a notebook file
/// and
/// a kernel's client are served alike. Cells start on one thread of the session's own (TorchSharp keeps gradient mode
/// and
/// dispose scopes per thread); what follows a top-level <c>await</c> runs on pool threads, as in any console program.
/// </remarks>
/// <example><code>
/// using var session = new NotebookSession(new SessionOptions { Folder = "notebooks" });
/// var result = await session.RunAsync(new CellRequest("1 + 1", "cell 1"), sink);
/// </code></example>
public sealed class NotebookSession : IDisposable
{
    private readonly SessionOptions options;
    private readonly SessionThread thread;
    private readonly IDisposable console;
    private readonly IDisposable display;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ErrorReport errors;
    private readonly Task<ScriptChain> chain;
    private int displays;
    private bool disposed;

    /// <summary>Starts a session and warms it up in the background: the first cell waits for what is left of
    /// that.</summary>
    /// <param name="options">Where the notebook lies and what it may use.</param>
    public NotebookSession(SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options with { Folder = Path.GetFullPath(options.Folder) };
        errors = new ErrorReport(this.options.Folder);
        thread = new SessionThread(options.Name);
        console = ConsoleRouter.Use();
        display = DisplayContract.Use();
        chain = StartAsync();
    }

    /// <summary>True after a cell that could not be stopped: the session takes no further cells.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The variables declared so far, the newest of each name; empty before the first cell.</summary>
    public IReadOnlyList<ScriptVariable> Variables =>
        chain.IsCompletedSuccessfully && chain.Result.State is { } state
            ? [.. state.Variables.Reverse().DistinctBy(variable => variable.Name).Reverse()]
            : [];

    /// <summary>The last submission, from which completion and inspection can compile on; null before the
    /// first.</summary>
    public Script? LastScript => chain.IsCompletedSuccessfully ? chain.Result.Last : null;

    /// <summary>The notebook's folder, an absolute path.</summary>
    public string Folder => options.Folder;

    /// <summary>Ends when the session is ready for its first cell.</summary>
    public Task ReadyAsync() => chain;

    /// <summary>Runs a cell. Cells take turns: a second call waits for the first.</summary>
    /// <param name="request">Its code, name and limits.</param>
    /// <param name="sink">Receives what it shows.</param>
    /// <param name="cancel">Stops the cell: its <c>Cancellation</c> is cancelled, and after the grace it is
    /// aborted.</param>
    /// <returns>How it ended; errors of the cell are results, not exceptions.</returns>
    /// <exception cref="InvalidOperationException">An earlier cell could not be stopped.</exception>
    public async Task<CellResult> RunAsync(CellRequest request, ICellSink sink, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(sink);
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (IsBroken)
                throw new InvalidOperationException(
                    $"A cell of {options.Name} could not be stopped; start a new session."
                );
            return await RunCellAsync(request, sink, cancel).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        thread.Dispose();
        display.Dispose();
        console.Dispose();
        if (chain.IsCompletedSuccessfully)
            chain.Result.Dispose();
    }

    private Task<ScriptChain> StartAsync() =>
        thread
            .Run(() =>
            {
                var started = new ScriptChain(options.Folder);
                var usings = SessionDefaults.Usings.Concat(options.Usings).Select(name => $"using {name};");
                var code = string.Join('\n', usings.Append($"using static {typeof(Cells.CellFunctions).FullName};\n0"));
                // Compiles, loads and formats once, so that the first cell does not wait for it.
                _ = ValueFormatter.Format(code);
                return (started, started.Start(code, "usings", null, CancellationToken.None));
            })
            .ContinueWith(
                async started =>
                {
                    var (ready, usings) = await started.ConfigureAwait(false);
                    var done = await usings.ConfigureAwait(false);
                    return done.Diagnostics.Count == 0
                        ? ready
                        : throw new InvalidOperationException(
                            $"A using of the session: {done.Diagnostics[0].GetMessage()}"
                        );
                },
                TaskScheduler.Default
            )
            .Unwrap();

    private async Task<CellResult> RunCellAsync(CellRequest request, ICellSink sink, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        await chain.ConfigureAwait(false);
        var watch = new CellWatch(request, options.Grace, thread.Interrupt, cancel);
        var scope = new CellScope(sink, NextDisplayId, options.ReadLine, watch.Polite);
        var run = new CellRun(thread, chain.Result, errors, options.Folder, scope, watch.Force);
        var running = run.ExecuteAsync(request.Code, request.Name);
        var (reason, stillRunning) = await watch.WaitAsync(running).ConfigureAwait(false);
        IsBroken |= stillRunning;
        var own = stillRunning ? null : await running.ConfigureAwait(false);
        var error = reason is { } stopped ? StopError(stopped, request, own, stillRunning) : own;
        scope.Flush();
        if (error is not null)
            scope.Error(error);
        var outcome = reason ?? (error is null ? CellOutcome.Succeeded : CellOutcome.Failed);
        return new CellResult(outcome, error, clock.Elapsed, stillRunning);
    }

    private string NextDisplayId() =>
        "display-" + Interlocked.Increment(ref displays).ToString(CultureInfo.InvariantCulture);

    private static CellError StopError(CellOutcome reason, CellRequest request, CellError? own, bool stillRunning)
    {
        var limits = request.Limits;
        var why = reason switch
        {
            CellOutcome.TimeLimit => $"ran longer than its limit of {limits.Time!.Value.TotalSeconds:0.###} s",
            CellOutcome.MemoryLimit => "took more memory than its limit of "
                + $"{Math.Min(limits.ProcessBytes ?? long.MaxValue, limits.CellBytes ?? long.MaxValue) >> 20} MiB",
            _ => "was interrupted",
        };
        var end = stillRunning ? " but could not be stopped: it still runs." : " and was stopped.";
        var message = $"{request.Name} {why}{end}";
        // What it threw on its way out may say more than that: where it stood, what it saved.
        return new CellError(reason.ToString(), message, [message, .. own?.Traceback ?? []], request.Name);
    }
}
