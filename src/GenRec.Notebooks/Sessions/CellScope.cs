using System.Text;

namespace GenRec.Notebooks.Sessions;

/// <summary>The running cell, found from anywhere in its flow of control.</summary>
internal sealed class CellScope(
    ICellSink sink,
    Func<string> nextDisplayId,
    Func<string, string?>? readLine,
    CancellationToken token
)
{
    private const int MostOften = 100; // milliseconds between two updates of one display

    private const int LongestLine = 1 << 16; // characters held back in the hope of a line end

    private static readonly AsyncLocal<CellScope?> Flow = new();

    private readonly Lock gate = new();
    private readonly Dictionary<string, PendingUpdate> updates = new(StringComparer.Ordinal);
    private readonly StringBuilder[] pending = [new(), new()];

    /// <summary>The cell this code runs for; null outside cells and while a sink is at work.</summary>
    public static CellScope? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    public CancellationToken Token => token;

    public void Write(ConsoleStream stream, ReadOnlySpan<char> text)
    {
        lock (gate)
        {
            var lines = pending[(int)stream];
            lines.Append(text);
            var end = text.LastIndexOfAny('\n', '\r');
            if (end < 0)
            {
                if (lines.Length > LongestLine)
                    FlushPending();
                return;
            }
            var whole = lines.Length - (text.Length - end - 1);
            var ready = lines.ToString(0, whole);
            lines.Remove(0, whole);
            Send(() => sink.Stream(stream, ready));
        }
    }

    public void FlushConsole()
    {
        lock (gate)
            FlushPending();
    }

    public string Display(object? value, string? mime = null, string? displayId = null)
    {
        var id = displayId ?? nextDisplayId();
        var bundle = ValueFormatter.Format(value, mime);
        lock (gate)
        {
            FlushPending();
            Send(() => sink.Display(bundle, id));
        }
        return id;
    }

    /// <summary>Replaces what is shown under an id, a few times a second at most; the last value always
    /// arrives.</summary>
    public void Update(object? value, string displayId)
    {
        lock (gate)
        {
            var known = updates.TryGetValue(displayId, out var update);
            if (!known)
                updates[displayId] = update = new PendingUpdate();
            if (update!.Scheduled)
            {
                update.Value = value;
                return;
            }
            var wait = update.Sent + MostOften - Environment.TickCount64;
            if (!known || wait <= 0)
            {
                Send(displayId, update, value);
                return;
            }
            (update.Value, update.Scheduled) = (value, true);
            _ = Task.Delay((int)wait).ContinueWith(_ => FlushUpdate(displayId), TaskScheduler.Default);
        }
    }

    /// <summary>Sends what is still held back; called when the cell ends.</summary>
    public void Flush()
    {
        lock (gate)
        {
            FlushPending();
            foreach (var displayId in updates.Keys.ToArray())
                FlushUpdate(displayId);
        }
    }

    private void FlushUpdate(string displayId)
    {
        lock (gate)
        {
            if (updates.TryGetValue(displayId, out var update) && update.Scheduled)
                Send(displayId, update, update.Value);
        }
    }

    private void Send(string displayId, PendingUpdate update, object? value)
    {
        (update.Scheduled, update.Value, update.Sent) = (false, null, Environment.TickCount64);
        var bundle = ValueFormatter.Format(value);
        Send(() => sink.Update(bundle, displayId));
    }

    public void Result(object? value)
    {
        var bundle = ValueFormatter.Format(value);
        lock (gate)
        {
            FlushPending();
            Send(() => sink.Result(bundle));
        }
    }

    public void Error(CellError error)
    {
        lock (gate)
        {
            FlushPending();
            Send(() => sink.Error(error));
        }
    }

    public void Clear(bool wait)
    {
        lock (gate)
        {
            if (wait)
                FlushPending();
            else
                Array.ForEach(pending, lines => lines.Clear());
            Send(() => sink.Clear(wait));
        }
    }

    public string? ReadLine()
    {
        if (readLine is null)
            throw new InvalidOperationException(
                "Console.ReadLine: nobody can answer in this run; give the value in a cell."
            );
        string prompt;
        lock (gate)
        {
            // An unfinished line is the question; front ends show it beside the box.
            prompt = pending[(int)ConsoleStream.Out].ToString();
            pending[(int)ConsoleStream.Out].Clear();
            FlushPending();
        }
        return readLine(prompt);
    }

    private void FlushPending()
    {
        foreach (var stream in Enum.GetValues<ConsoleStream>())
        {
            var lines = pending[(int)stream];
            if (lines.Length == 0)
                continue;
            var rest = lines.ToString();
            lines.Clear();
            Send(() => sink.Stream(stream, rest));
        }
    }

    // A sink may itself write to the console (a log line): outside the cell, or it would call itself.
    private static void Send(Action action)
    {
        var cell = Current;
        Current = null;
        try
        {
            action();
        }
        finally
        {
            Current = cell;
        }
    }

    private sealed class PendingUpdate
    {
        public object? Value { get; set; }

        public bool Scheduled { get; set; }

        public long Sent { get; set; }
    }
}
