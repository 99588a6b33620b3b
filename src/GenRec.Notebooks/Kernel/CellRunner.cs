using System.Diagnostics;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Kernel;

/// <summary>Sends the answer to a request on the channel it came by.</summary>
internal delegate void Reply(KernelMessage request, JsonObject content);

/// <summary>Runs cells for clients, one after another: <c>execute_request</c>.</summary>
internal sealed class CellRunner(
    Task<NotebookSession> session,
    Publisher publisher,
    UserInput input,
    CellHistory history,
    Reply reply,
    string run
)
{
    private readonly Lock gate = new();
    private CancellationTokenSource? stop;
    private CancellationTokenSource? abort;
    private long abortedUntil;
    private int executionCount;

    /// <summary>Asks the running cell to stop; asked again, tears it down.</summary>
    /// <returns>False where no cell runs.</returns>
    public bool Interrupt()
    {
        lock (gate)
        {
            if (stop is null)
                return false;
            if (stop.IsCancellationRequested)
                abort!.Cancel();
            else
                stop.Cancel();
            return true;
        }
    }

    /// <summary>Runs a request from busy to idle; the reply goes out before idle and after all it showed.</summary>
    public async Task RunAsync(KernelMessage request)
    {
        publisher.Busy(request, isCell: true);
        JsonObject content;
        try
        {
            content =
                request.Arrived <= abortedUntil
                    ? new JsonObject { ["status"] = "aborted", ["execution_count"] = executionCount }
                    : await ExecuteAsync(request).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever goes wrong is told to the client; the kernel lives on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            content = Failed(request, e);
        }
        reply(request, content);
        publisher.Idle(request);
    }

    private async Task<JsonObject> ExecuteAsync(KernelMessage request)
    {
        var code = request.Text("code");
        var silent = request.Flag("silent", false);
        var stored = !silent && request.Flag("store_history", true);
        if (stored)
            executionCount++;
        if (!silent)
            publisher.Send(
                "execute_input",
                request,
                new JsonObject { ["code"] = code, ["execution_count"] = executionCount }
            );
        var shown = new OutputPublisher(publisher, request, executionCount, run);
        var result = await RunCellAsync(request, code, silent ? new SilentSink() : shown).ConfigureAwait(false);
        shown.Complete();
        if (stored)
            history.Add(executionCount, code, shown.ResultText);
        if (result.Error is { } error)
        {
            if (request.Flag("stop_on_error", true))
                abortedUntil = Stopwatch.GetTimestamp(); // all that waits by now; what comes later knows of the error
            var content = ErrorContent.Reply(error);
            content["execution_count"] = executionCount;
            return content;
        }
        return new JsonObject
        {
            ["status"] = "ok",
            ["execution_count"] = executionCount,
            ["payload"] = new JsonArray(),
            ["user_expressions"] = await EvaluateAsync(request).ConfigureAwait(false),
        };
    }

    private async Task<CellResult> RunCellAsync(KernelMessage request, string code, ICellSink sink)
    {
        using var stopping = new CancellationTokenSource();
        using var aborting = new CancellationTokenSource();
        input.Asker = request.Flag("allow_stdin", true) ? request : null;
        lock (gate)
            (stop, abort) = (stopping, aborting);
        try
        {
            var cell = new CellRequest(code, $"cell [{executionCount}]") { Abort = aborting.Token };
            var ready = await session.ConfigureAwait(false);
            if (ready.IsBroken)
                throw new InvalidOperationException("An earlier cell could not be stopped: restart the kernel.");
            var result = await ready.RunAsync(cell, sink, stopping.Token).ConfigureAwait(false);
            if (result.StillRunning)
                sink.Stream(ConsoleStream.Error, "The kernel takes no further cells: restart it to go on.\n");
            return result;
        }
        finally
        {
            lock (gate)
                (stop, abort) = (null, null);
            input.Asker = null;
        }
    }

    private async Task<JsonObject> EvaluateAsync(KernelMessage request)
    {
        var values = new JsonObject();
        if (request.Content["user_expressions"] is not JsonObject expressions)
            return values;
        foreach (var (name, expression) in expressions)
        {
            var sink = new SilentSink();
            var result = await RunCellAsync(request, $"{expression}", sink).ConfigureAwait(false);
            values[name] = result.Error is { } error
                ? ErrorContent.Reply(error)
                : new JsonObject
                {
                    ["status"] = "ok",
                    ["data"] = sink.Value is { } value ? MimeData.Of(value) : new JsonObject(),
                    ["metadata"] = new JsonObject(),
                };
        }
        return values;
    }

    private JsonObject Failed(KernelMessage request, Exception exception)
    {
        var name = exception is OperationCanceledException ? nameof(CellOutcome.Interrupted) : exception.GetType().Name;
        var error = new CellError(name, exception.Message, [exception.Message]);
        if (!request.Flag("silent", false))
            publisher.Send("error", request, ErrorContent.Of(error));
        var content = ErrorContent.Reply(error);
        content["execution_count"] = executionCount;
        return content;
    }
}
