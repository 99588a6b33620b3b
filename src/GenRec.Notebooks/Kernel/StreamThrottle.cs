using System.Globalization;
using System.Text;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Kernel;

/// <summary>Keeps a cell's console text in bounds: neighbouring text goes out together, and of too much of it the middle
/// is left out, never beginning and end.</summary>
/// <remarks>
/// A bucket of characters refills with time. What does not fit waits; when more waits than a page shows anyway, the oldest
/// of it is dropped and the reader is told how much. Ordinary output, a line or a hundred a second, never meets the limit.
/// Not thread-safe.
/// </remarks>
/// <param name="clock">Tells the time.</param>
/// <param name="send">Sends text on.</param>
internal sealed class StreamThrottle(TimeProvider clock, Action<ConsoleStream, string> send)
{
    /// <summary>Characters that may go out at once.</summary>
    public const int Burst = 512 << 10;

    /// <summary>Characters a second that may go out in the long run.</summary>
    public const int PerSecond = 64 << 10;

    /// <summary>Characters kept of what waits: the end of it.</summary>
    public const int MostWaiting = 128 << 10;

    private const int MessageCost = 512; // a message of one character is not cheap

    private readonly LinkedList<(ConsoleStream Stream, StringBuilder Text)> waiting = new();
    private double bucket = Burst;
    private long filled = clock.GetTimestamp();
    private long waitingCost;
    private long droppedLines;
    private long droppedCharacters;

    /// <summary>True where text waits.</summary>
    public bool HasWaiting => waiting.Count > 0;

    /// <summary>Takes text; it goes out with the next <see cref="Flush"/>.</summary>
    public void Add(ConsoleStream stream, string text)
    {
        if (waiting.Last is { } last && last.Value.Stream == stream)
            last.Value.Text.Append(text);
        else
        {
            waiting.AddLast((stream, new StringBuilder(text)));
            waitingCost += MessageCost;
        }
        waitingCost += text.Length;
        if (waitingCost > Burst + MostWaiting)
            Flush();
    }

    /// <summary>Sends what the bucket allows, in order.</summary>
    public void Flush()
    {
        Refill();
        if (waitingCost > bucket)
        {
            SendFront(bucket - MostWaiting); // the beginning is worth as much as the end
            Trim(MostWaiting);
        }
        if (waitingCost <= bucket)
            SendRest();
    }

    /// <summary>Sends all that is kept: the cell has ended, or something else is shown after it.</summary>
    public void FlushAll()
    {
        Flush();
        SendRest();
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear()
    {
        waiting.Clear();
        (waitingCost, droppedLines, droppedCharacters) = (0, 0, 0);
    }

    private static int CostOf(StringBuilder text) => MessageCost + text.Length;

    private void Refill()
    {
        var now = clock.GetTimestamp();
        bucket = Math.Min(Burst, bucket + clock.GetElapsedTime(filled, now).TotalSeconds * PerSecond);
        filled = now;
    }

    private void SendFront(double budget)
    {
        while (waiting.First is { } first && budget > MessageCost)
        {
            var text = first.Value.Text;
            if (CostOf(text) > budget)
            {
                var cut = EndOfLine(text, (int)budget - MessageCost);
                Send(first.Value.Stream, text.ToString(0, cut));
                text.Remove(0, cut);
                waitingCost -= cut;
                return;
            }
            budget -= CostOf(text);
            SendFirst();
        }
    }

    private void SendRest()
    {
        while (waiting.Count > 0)
            SendFirst();
    }

    private void SendFirst()
    {
        var (stream, text) = waiting.First!.Value;
        waiting.RemoveFirst();
        waitingCost -= CostOf(text);
        Send(stream, text.ToString());
    }

    private void Send(ConsoleStream stream, string text)
    {
        if (droppedCharacters > 0)
            send(
                ConsoleStream.Error,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"... {droppedLines:N0} lines ({droppedCharacters:N0} characters) of output left out ...\n"
                )
            );
        (droppedLines, droppedCharacters) = (0, 0);
        bucket -= MessageCost + text.Length;
        send(stream, text);
    }

    // Drops the oldest text until what is left costs no more than allowed; a line is kept whole or not at all.
    private void Trim(long allowed)
    {
        while (waitingCost > allowed && waiting.First is { } oldest)
        {
            var text = oldest.Value.Text;
            var excess = waitingCost - allowed;
            if (excess < text.Length)
            {
                var cut = EndOfLine(text, (int)excess);
                Count(text, cut);
                text.Remove(0, cut);
                waitingCost -= cut;
                return;
            }
            Count(text, text.Length);
            waitingCost -= CostOf(text);
            waiting.RemoveFirst();
        }
    }

    private static int EndOfLine(StringBuilder text, int from)
    {
        var tail = text.ToString(from, text.Length - from);
        var end = tail.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 || end == tail.Length - 1 ? from : from + end + 1;
    }

    private void Count(StringBuilder text, int characters)
    {
        droppedCharacters += characters;
        var left = characters;
        foreach (var chunk in text.GetChunks())
        {
            var part = chunk.Span[..Math.Min(left, chunk.Length)];
            droppedLines += part.Count('\n');
            left -= part.Length;
            if (left == 0)
                return;
        }
    }
}
