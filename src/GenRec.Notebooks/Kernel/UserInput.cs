using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;

namespace GenRec.Notebooks.Kernel;

/// <summary>Asks the user of the client that runs a cell: <c>Console.ReadLine</c> over the stdin channel.</summary>
internal sealed class UserInput(MessageCodec codec)
{
    private readonly Lock gate = new();
    private Question? open;

    /// <summary>Sends a message on the stdin channel; set once the socket is bound.</summary>
    public Action<List<byte[]>> Send { get; set; } = _ => { };

    /// <summary>Whom to ask: the client whose cell runs, where it allows it; null for nobody.</summary>
    public KernelMessage? Asker { get; set; }

    /// <summary>Asks and waits, on the cell's thread.</summary>
    /// <param name="prompt">What the cell wrote before it on the same line.</param>
    /// <exception cref="InvalidOperationException">The client of the running cell takes no questions.</exception>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public string? ReadLine(string prompt)
    {
        var asker =
            Asker
            ?? throw new InvalidOperationException(
                "Console.ReadLine: the front end that runs this cell cannot be asked; give the value in a cell."
            );
        var content = new JsonObject { ["prompt"] = prompt, ["password"] = false };
        var frames = codec.Encode(asker.Identities, "input_request", asker.Header, content, out var id);
        var question = new Question(id, new TaskCompletionSource<string>());
        lock (gate)
            open = question;
        try
        {
            Send(frames);
            question.Answer.Task.Wait(Cells.CellFunctions.Cancellation);
            return question.Answer.Task.Result;
        }
        finally
        {
            lock (gate)
                open = null;
        }
    }

    /// <summary>Takes an answer; one that belongs to another question, or to none, is dropped.</summary>
    public void Receive(KernelMessage reply)
    {
        if (reply.Type != "input_reply")
            throw new MalformedMessageException($"'{reply.Type}' on the stdin channel");
        var text = reply.Text("value");
        lock (gate)
        {
            // Some clients (jupyter_client's own) leave the parent header empty.
            if (open is null || reply.ParentId is { } parent && parent != open.Id)
                throw new MalformedMessageException("an input_reply to no open question");
            open.Answer.TrySetResult(text);
        }
    }

    private sealed record Question(string Id, TaskCompletionSource<string> Answer);
}
