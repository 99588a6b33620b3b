using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>Forms of a text file of sequences.</summary>
public enum SequenceForm
{
    /// <summary>Either form; a user may not have two lines of which one holds more than one item.</summary>
    Either,

    /// <summary>One line a user: <c>user item item item</c>, as in S3-Rec (RUCAIBox/CIKM2020-S3Rec).</summary>
    LinePerUser,

    /// <summary>One line an event: <c>user item</c>, as in SASRec (kang205/SASRec).</summary>
    LinePerEvent,
}

/// <summary>Reads and writes sequences of item numbers as text, oldest first.</summary>
public static class SequenceText
{
    /// <summary>Reads a file of sequences and, where there is one, its file of times.</summary>
    /// <param name="path">Plain or gzip text, columns apart by spaces or tabs.</param>
    /// <param name="timesPath">
    /// Lines <c>user time time time</c> in Unix seconds, the same users in the same order, or null. Only for one line a user.
    /// </param>
    /// <param name="form">The form to insist on.</param>
    /// <param name="options">Policies; when null the defaults with item numbers as given, from 1.</param>
    /// <returns>The interactions and what was noticed while reading.</returns>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken and the policy is to fail, or times run backwards.</exception>
    public static (Interactions Interactions, ImportReport Report) Read(
        string path,
        string? timesPath = null,
        SequenceForm form = SequenceForm.Either,
        ImportOptions? options = null
    )
    {
        options ??= new ImportOptions { ItemIds = ItemIds.AsGiven };
        var builder = new InteractionBuilder(options);
        using var lines = new LineReader(path);
        using var times = timesPath is null ? null : new LineReader(timesPath);
        builder.StartFile(path);
        if (timesPath is not null)
            builder.Report.AddFile(timesPath);
        var seen = new KeyMap();
        var manyItems = new HashSet<int>();
        while (NextLine(lines, out var line))
        {
            builder.Report.Lines++;
            var tokens = new Tokens(line);
            var user = tokens.Next();
            var clock = times is null ? default : NextTimes(times, lines, user);
            var (known, number) = (seen.Count, seen.NumberOf(user));
            var (repeated, hasMany) = (number < known, tokens.HasTwoMore());
            if (
                Complaint(form, user, tokens.AtEnd, hasMany, repeated, repeated && manyItems.Contains(number)) is
                { } complaint
            )
            {
                builder.Broken(lines.Number, complaint);
                continue;
            }
            if (hasMany)
                manyItems.Add(number);
            AddEvents(builder, lines, times, user, tokens, clock);
        }
        if (times is not null && NextLine(times, out _))
            throw times.Error("More lines than there are sequences.");
        return (builder.Build(), builder.Report);
    }

    /// <summary>Writes one line a user, items as their numbers <c>1..N</c>, users as their keys or as 1..U.</summary>
    /// <param name="interactions">Users without events are left out, because the form has no place for them.</param>
    /// <param name="writer">Receives the sequences.</param>
    /// <param name="times">Receives the times, or null.</param>
    /// <exception cref="ArgumentException">Times are asked for and the interactions have none.</exception>
    public static void Write(Interactions interactions, TextWriter writer, TextWriter? times = null)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(writer);
        if (times is not null && !interactions.HasTimes)
            throw new ArgumentException("These interactions have no times.", nameof(times));
        for (var user = 0; user < interactions.Users; user++)
        {
            if (interactions.ItemsOf(user).IsEmpty)
                continue;
            var name = interactions.UserKeys?[user] ?? $"{user + 1}";
            writer.Write($"{name} {string.Join(' ', interactions.ItemsOf(user).ToArray())}\n");
            times?.Write($"{name} {string.Join(' ', interactions.TimesOf(user).ToArray())}\n");
        }
    }

    private static string? Complaint(
        SequenceForm form,
        ReadOnlySpan<char> user,
        bool empty,
        bool manyItems,
        bool repeated,
        bool hadManyItems
    ) =>
        empty ? $"User '{user}' stands alone; need a user and at least one item."
        : form == SequenceForm.LinePerEvent && manyItems ? $"User '{user}' has more than one item; need 'user item'."
        : repeated && (form == SequenceForm.LinePerUser || manyItems || hadManyItems)
            ? $"User '{user}' has a line already; in a file of sequences each user has one."
        : null;

    private static void AddEvents(
        InteractionBuilder builder,
        LineReader lines,
        LineReader? times,
        ReadOnlySpan<char> user,
        Tokens items,
        Tokens clock
    )
    {
        var previous = long.MinValue;
        while (!items.AtEnd)
        {
            var item = items.Next();
            long? time = null;
            if (times is not null)
            {
                if (clock.AtEnd)
                    throw times.Error($"User '{user}' has fewer times than items.");
                var text = clock.Next();
                if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
                    throw times.Error($"'{text}' is not a time in whole Unix seconds.");
                if (seconds < previous)
                    throw times.Error($"Times of user '{user}' run backwards: {seconds} after {previous}.");
                time = previous = seconds;
            }
            builder.Add(user, item, time, lines.Number);
        }
        if (times is not null && !clock.AtEnd)
            throw times.Error($"User '{user}' has more times than items.");
    }

    private static Tokens NextTimes(LineReader times, LineReader lines, ReadOnlySpan<char> user)
    {
        if (!NextLine(times, out var line))
            throw times.Error($"The times end before the sequences do (line {lines.Number} of {lines.Path}).");
        var tokens = new Tokens(line);
        var name = tokens.Next();
        return name.SequenceEqual(user)
            ? tokens
            : throw times.Error($"Times of user '{name}', but line {lines.Number} of {lines.Path} is user '{user}'.");
    }

    private static bool NextLine(LineReader reader, out ReadOnlySpan<char> line)
    {
        while (reader.TryRead(out line))
            if (!line.IsWhiteSpace())
                return true;
        return false;
    }
}
