using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>Where the rows of a log break into sessions; nothing is copied.</summary>
/// <remarks>Sessions of a user stand together, oldest first; each has at least one event.</remarks>
public sealed class SessionIndex : RichObject
{
    private readonly int[] starts;
    private readonly int[] users;

    private SessionIndex(Interactions log, Func<int, bool> opens)
    {
        Log = log;
        var (found, owners) = (new List<int>(), new List<int>());
        for (var user = 0; user < log.Users; user++)
        for (var row = (int)log.Offsets[user]; row < log.Offsets[user + 1]; row++)
            if (row == log.Offsets[user] || opens(row))
            {
                found.Add(row);
                owners.Add(user);
            }
        (starts, users) = ([.. found, log.Count], [.. owners]);
    }

    /// <summary>The log that is cut.</summary>
    public Interactions Log { get; }

    /// <summary>Number of sessions.</summary>
    public int Count => users.Length;

    /// <summary>Whose each session is, <c>[Count]</c>.</summary>
    public ReadOnlySpan<int> Users => users;

    /// <summary>First event of each session in the log's columns, <c>[Count + 1]</c>.</summary>
    public ReadOnlySpan<int> Starts => starts;

    /// <summary>Events of a session.</summary>
    public int LengthOf(int session) => starts[session + 1] - starts[session];

    /// <summary>Items of a session, oldest first.</summary>
    public ReadOnlySpan<int> ItemsOf(int session) => Log.Items.Slice(starts[session], LengthOf(session));

    /// <summary>A feedback column of a session, oldest first.</summary>
    /// <param name="session"><c>0..Count-1</c>.</param>
    /// <param name="column">One of the log's <see cref="Interactions.Feedback"/>.</param>
    /// <exception cref="ArgumentException">The log has no such column; the message lists those it has.</exception>
    public ReadOnlySpan<float> FeedbackOf(int session, string column) =>
        ColumnOf(Log, column).AsSpan(starts[session], LengthOf(session));

    /// <summary>A new session begins where more time than this passes between two events of a user.</summary>
    /// <param name="log">A log with times.</param>
    /// <param name="gap">Longest pause inside a session, whole seconds, not negative; 30 minutes is customary.</param>
    /// <exception cref="ArgumentException">The log has no times.</exception>
    public static SessionIndex ByGap(Interactions log, TimeSpan gap)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, TimeSpan.Zero);
        if (!log.HasTimes)
            throw new ArgumentException("The log has no times, so it cannot be cut where time passes.", nameof(log));
        var seconds = (long)gap.TotalSeconds;
        return new SessionIndex(log, row => log.Times[row] - log.Times[row - 1] > seconds);
    }

    /// <summary>A new session begins where a column changes, for example the <c>session</c> of the embedded feed.</summary>
    /// <param name="log">A log with this column.</param>
    /// <param name="column">Numbers the sessions of a user.</param>
    /// <exception cref="ArgumentException">The log has no such column; the message lists those it has.</exception>
    public static SessionIndex ByColumn(Interactions log, string column)
    {
        ArgumentNullException.ThrowIfNull(log);
        var numbers = ColumnOf(log, column);
        return new SessionIndex(log, row => numbers[row] != numbers[row - 1]);
    }

    private static float[] ColumnOf(Interactions log, string column) =>
        log.Feedback.TryGetValue(column, out var values)
            ? values
            : throw new ArgumentException(
                $"The log has no column '{column}'. There are: {string.Join(", ", log.Feedback.Keys)}.",
                nameof(column)
            );
}
