using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Kernel;

/// <summary>Sends what one cell shows to the clients, in order.</summary>
internal sealed class OutputPublisher : ICellSink
{
    private static readonly TimeSpan FlushEvery = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly Publisher publisher;
    private readonly KernelMessage request;
    private readonly int executionCount;
    private readonly string run;
    private readonly StreamThrottle console;
    private bool scheduled;

    public OutputPublisher(Publisher publisher, KernelMessage request, int executionCount, string run)
    {
        (this.publisher, this.request, this.executionCount, this.run) = (publisher, request, executionCount, run);
        console = new StreamThrottle(TimeProvider.System, SendText);
    }

    /// <summary>The value of the cell's last expression as text, for the history; null where it has none.</summary>
    public string? ResultText { get; private set; }

    public void Stream(ConsoleStream stream, string text)
    {
        lock (gate)
        {
            console.Add(stream, text);
            Schedule();
        }
    }

    public void Display(MimeBundle value, string? displayId) => Show("display_data", Displayed(value, displayId));

    public void Update(MimeBundle value, string displayId) => Show("update_display_data", Displayed(value, displayId));

    public void Result(MimeBundle value)
    {
        ResultText = value.Data.TryGetValue(MimeTypes.Text, out var text) ? text.ToString() : null;
        Show(
            "execute_result",
            new JsonObject
            {
                ["execution_count"] = executionCount,
                ["data"] = MimeData.Of(value),
                ["metadata"] = new JsonObject(),
            }
        );
    }

    public void Error(CellError error) => Show("error", ErrorContent.Of(error));

    public void Clear(bool wait)
    {
        lock (gate)
            if (!wait)
                console.Clear();
        Show("clear_output", new JsonObject { ["wait"] = wait });
    }

    /// <summary>Sends what is held back: the cell has ended.</summary>
    public void Complete()
    {
        lock (gate)
            console.FlushAll();
    }

    private JsonObject Displayed(MimeBundle value, string? displayId) =>
        new()
        {
            ["data"] = MimeData.Of(value),
            ["metadata"] = new JsonObject(),
            ["transient"] = displayId is null
                ? new JsonObject()
                : new JsonObject { ["display_id"] = $"{run}-{displayId}" },
        };

    private void Show(string type, JsonObject content)
    {
        lock (gate)
        {
            console.FlushAll(); // what was printed before stands above
            publisher.Send(type, request, content);
        }
    }

    private void SendText(ConsoleStream stream, string text) =>
        publisher.Send(
            "stream",
            request,
            new JsonObject { ["name"] = stream == ConsoleStream.Out ? "stdout" : "stderr", ["text"] = text }
        );

    private void Schedule()
    {
        if (scheduled)
            return;
        scheduled = true;
        _ = Task.Delay(FlushEvery).ContinueWith(_ => FlushSome(), TaskScheduler.Default);
    }

    private void FlushSome()
    {
        lock (gate)
        {
            scheduled = false;
            console.Flush();
            if (console.HasWaiting)
                Schedule();
        }
    }
}

/// <summary>Takes what a cell shows and shows nothing: a silent request.</summary>
internal sealed class SilentSink : ICellSink
{
    public MimeBundle? Value { get; private set; }

    public void Stream(ConsoleStream stream, string text) { }

    public void Display(MimeBundle value, string? displayId) { }

    public void Update(MimeBundle value, string displayId) { }

    public void Result(MimeBundle value) => Value = value;

    public void Error(CellError error) { }

    public void Clear(bool wait) { }
}

/// <summary>Values as the protocol has them.</summary>
internal static class MimeData
{
    /// <summary>The forms of a value; plain text is among them always, as clients expect.</summary>
    public static JsonObject Of(MimeBundle value)
    {
        var data = new JsonObject();
        foreach (var (mime, form) in value.Data)
            data[mime] = form.DeepClone();
        if (!data.ContainsKey(MimeTypes.Text))
            data[MimeTypes.Text] = $"({string.Join(", ", value.Data.Keys)})";
        return data;
    }
}

/// <summary>Errors as the protocol has them.</summary>
internal static class ErrorContent
{
    /// <summary><c>ename</c>, <c>evalue</c>, <c>traceback</c>.</summary>
    public static JsonObject Of(CellError error) =>
        new()
        {
            ["ename"] = error.Name,
            ["evalue"] = error.Message,
            ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
        };

    /// <summary>The same with <c>status</c>, for replies.</summary>
    public static JsonObject Reply(CellError error)
    {
        var content = Of(error);
        content["status"] = "error";
        return content;
    }
}
