using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>Collects events in any order and makes <see cref="Interactions"/> of them: ids, time order, duplicates.</summary>
/// <remarks>Holds about 28 bytes an event, plus 4 for each feedback column.</remarks>
public sealed class InteractionBuilder : RichObject
{
    private readonly ImportOptions options;
    private readonly KeyMap users = new();
    private readonly KeyMap items = new();
    private readonly List<int> eventUsers = [];
    private readonly List<int> eventItems = [];
    private readonly List<long> eventTimes = []; // milliseconds
    private readonly List<long> eventLines = [];
    private readonly List<(int FirstEvent, string File)> files = [];
    private readonly List<float>[] feedback;
    private readonly string[] feedbackNames;
    private int largestItem;

    /// <summary>Starts empty.</summary>
    /// <param name="options">Policies; the defaults when null.</param>
    /// <param name="feedbackNames">Names of the numbers that come with each event.</param>
    public InteractionBuilder(ImportOptions? options = null, params IReadOnlyList<string> feedbackNames)
    {
        this.options = options ?? new ImportOptions();
        this.feedbackNames = [.. feedbackNames];
        feedback = Array.ConvertAll(this.feedbackNames, _ => new List<float>());
        Report = new ImportReport(this.options.Examples);
    }

    /// <summary>What was read so far, and what was wrong with it.</summary>
    public ImportReport Report { get; }

    /// <summary>Number of events collected.</summary>
    public int Count => eventItems.Count;

    /// <summary>Names the file that the following events come from.</summary>
    public void StartFile(string file)
    {
        files.Add((Count, file));
        Report.AddFile(file);
    }

    /// <summary>Adds one event.</summary>
    /// <param name="user">The source's user name.</param>
    /// <param name="item">The source's item name, or number; see <see cref="ImportOptions.ItemIds"/>.</param>
    /// <param name="time">Unix seconds, or null; either all events have a time or none has.</param>
    /// <param name="line">Line number in the current file, for messages.</param>
    /// <param name="values">One number for each feedback name.</param>
    /// <returns>False where the event was left out and reported; see <see cref="ImportOptions.Malformed"/>.</returns>
    /// <exception cref="DataFormatException">The event is broken, and the policy is to fail.</exception>
    public bool Add(
        ReadOnlySpan<char> user,
        ReadOnlySpan<char> item,
        long? time,
        long line,
        params ReadOnlySpan<float> values
    ) =>
        Math.Abs((decimal)(time ?? 0)) <= long.MaxValue / 1000
            ? AddAt(user, item, time * 1000, line, values)
            : Broken(line, $"Time {time} is out of range.");

    /// <summary>Adds one event with a time in milliseconds, which decide order and duplicates; seconds are kept.</summary>
    internal bool AddAt(
        ReadOnlySpan<char> user,
        ReadOnlySpan<char> item,
        long? milliseconds,
        long line,
        params ReadOnlySpan<float> values
    )
    {
        if (values.Length != feedback.Length)
            throw new ArgumentException(
                $"{values.Length} values for {feedback.Length} feedback columns.",
                nameof(values)
            );
        if (user.IsEmpty || item.IsEmpty)
            return Broken(line, user.IsEmpty ? "The user is empty." : "The item is empty.");
        if (Count > 0 && milliseconds.HasValue != eventTimes.Count > 0)
            return Broken(
                line,
                milliseconds.HasValue ? "A time, but earlier events had none." : "No time, but earlier events had one."
            );
        if (!TryNumberItem(item, line, out var number))
            return false;
        eventUsers.Add(users.NumberOf(user));
        eventItems.Add(number);
        eventLines.Add(line);
        if (milliseconds is { } time)
            eventTimes.Add(time);
        for (var i = 0; i < values.Length; i++)
            feedback[i].Add(values[i]);
        return true;
    }

    /// <summary>Sorts each user's events by time (stable: equal times stay in file order) and hands them over.</summary>
    /// <exception cref="DataFormatException">There are no events, or a duplicate where duplicates are forbidden.</exception>
    public Interactions Build()
    {
        if (Count == 0)
            throw new DataFormatException(
                files.Count > 0 ? files[^1].File : "(no file)",
                "There is not a single event."
            );
        if (options.ItemIds != ItemIds.InOrderOfAppearance)
            CheckThatIdsAreDense();
        var order = OrderByUserAndTime();
        if (Repeats(order) is { Count: > 0 } dropped)
            order = Array.FindAll(order, row => !dropped.Contains(row));
        return Assemble(order);
    }

    internal bool Broken(long line, string message)
    {
        Report.Malformation(options.Malformed, CurrentFile, line, message);
        return false;
    }

    private string CurrentFile => files.Count > 0 ? files[^1].File : "(no file)";

    private bool TryNumberItem(ReadOnlySpan<char> item, long line, out int number)
    {
        if (options.ItemIds == ItemIds.InOrderOfAppearance)
        {
            number = items.NumberOf(item) + 1;
            return true;
        }
        var smallest = options.ItemIds == ItemIds.AsGiven ? 1 : 0;
        if (!int.TryParse(item, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
            return Broken(line, $"Item '{Shorten(item)}' is not a whole number.");
        if (number < smallest || number == int.MaxValue)
            return Broken(line, $"Item {number} is outside the ids, which start at {smallest}.");
        number += 1 - smallest;
        largestItem = Math.Max(largestItem, number);
        return true;
    }

    private void CheckThatIdsAreDense()
    {
        var distinct = new HashSet<int>(eventItems).Count;
        if (largestItem > 10L * distinct + 1000)
            throw new DataFormatException(
                CurrentFile,
                $"The largest item id is {largestItem}, but only {distinct} items occur. "
                    + $"Read it with {nameof(ImportOptions)}.{nameof(ImportOptions.ItemIds)} = {nameof(ItemIds.InOrderOfAppearance)}."
            );
    }

    private int[] OrderByUserAndTime()
    {
        var starts = new int[users.Count + 1];
        foreach (var user in eventUsers)
            starts[user + 1]++;
        for (var user = 0; user < users.Count; user++)
            starts[user + 1] += starts[user];
        var (order, next) = (new int[Count], starts.AsSpan().ToArray());
        for (var row = 0; row < Count; row++)
            order[next[eventUsers[row]]++] = row;
        if (eventTimes.Count == 0)
            return order;
        for (var user = 0; user < users.Count; user++)
        {
            var rows = order.AsSpan(starts[user], starts[user + 1] - starts[user]);
            rows.Sort(
                (a, b) => eventTimes[a] != eventTimes[b] ? eventTimes[a].CompareTo(eventTimes[b]) : a.CompareTo(b)
            );
        }
        return order;
    }

    private HashSet<int> Repeats(int[] order)
    {
        var dropped = new HashSet<int>();
        var last = new int[(options.ItemIds == ItemIds.InOrderOfAppearance ? items.Count : largestItem) + 1];
        Array.Fill(last, -1); // the latest kept event of each item, whichever user's
        foreach (var row in order)
        {
            var item = eventItems[row];
            var earlier = last[item];
            last[item] = row;
            if (earlier < 0 || eventUsers[earlier] != eventUsers[row] || !SameTime(earlier, row))
                continue;
            var message =
                $"User '{users.Keys[eventUsers[row]]}' has item '{NameOf(item)}' again (first in line {eventLines[earlier]}).";
            var file = FileOf(row);
            if (options.Duplicates == DuplicateEvents.Fail)
                throw new DataFormatException(file, eventLines[row], message);
            Report.Add(ImportProblemKind.Duplicate, file, eventLines[row], message);
            if (options.Duplicates == DuplicateEvents.KeepLast)
                dropped.Add(earlier);
            else if (options.Duplicates == DuplicateEvents.KeepFirst)
                (last[item], _) = (earlier, dropped.Add(row));
        }
        return dropped;

        bool SameTime(int a, int b) =>
            eventTimes.Count == 0
            || options.DuplicateMeaning == DuplicateMeaning.SameItem
            || eventTimes[a] == eventTimes[b];
    }

    private string NameOf(int item) =>
        options.ItemIds switch
        {
            ItemIds.InOrderOfAppearance => items.Keys[item - 1],
            ItemIds.AsGivenFromZero => $"{item - 1}",
            _ => $"{item}",
        };

    private string FileOf(int row)
    {
        var at = files.FindLastIndex(file => file.FirstEvent <= row);
        return at < 0 ? "(no file)" : files[at].File;
    }

    private Interactions Assemble(int[] order)
    {
        var offsets = new long[users.Count + 1];
        foreach (var row in order)
            offsets[eventUsers[row] + 1]++;
        for (var user = 0; user < users.Count; user++)
            offsets[user + 1] += offsets[user];
        var columns = new Dictionary<string, float[]>();
        for (var i = 0; i < feedback.Length; i++)
            columns.Add(feedbackNames[i], Pick(feedback[i]));
        var remapped = options.ItemIds == ItemIds.InOrderOfAppearance;
        var all = new Interactions(
            remapped ? items.Count : largestItem,
            offsets,
            Pick(eventItems),
            eventTimes.Count > 0 ? Array.ConvertAll(Pick(eventTimes), EventTime.Seconds) : null,
            columns,
            users.Keys,
            remapped ? items.Keys
                : options.ItemIds == ItemIds.AsGivenFromZero
                    ? [.. Enumerable.Range(0, largestItem).Select(id => $"{id}")]
                : null
        );
        return options.Ties == TieOrder.AsGiven || eventTimes.Count == 0
            ? all
            : Data.Ties.Reorder(all, options.Ties, options.Seed);

        T[] Pick<T>(List<T> values)
        {
            var span = CollectionsMarshal.AsSpan(values);
            var picked = new T[order.Length];
            for (var i = 0; i < order.Length; i++)
                picked[i] = span[order[i]];
            return picked;
        }
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}...";
}
