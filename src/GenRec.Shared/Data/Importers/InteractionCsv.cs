using System.Globalization;
using CsvHelper;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>Which columns of a table hold what.</summary>
/// <remarks>
/// A name also finds a column of RecBole's atomic files, whose header adds the type: <c>user_id</c> finds
/// <c>user_id:token</c>. Without a header, columns are called <c>0</c>, <c>1</c>, <c>2</c> ...
/// </remarks>
public sealed record InteractionColumns : RichRecord
{
    /// <summary>Column of the user. Default <c>user_id</c>.</summary>
    public string User { get; init; } = "user_id";

    /// <summary>Column of the item. Default <c>item_id</c>.</summary>
    public string Item { get; init; } = "item_id";

    /// <summary>Column of the time, or null where the file has none. Default <c>timestamp</c>.</summary>
    public string? Time { get; init; } = "timestamp";

    /// <summary>How times are written. Default Unix seconds.</summary>
    public TimeFormat TimeFormat { get; init; } = TimeFormat.UnixSeconds;

    /// <summary>
    /// Numeric columns that become feedback, under their names; an empty cell is NaN. Null, the default, takes every other
    /// column that holds a number in the first row.
    /// </summary>
    public IReadOnlyList<string>? Feedback { get; init; }
}

/// <summary>Reads and writes tables of user, item, time and feedback as text.</summary>
public static class InteractionCsv
{
    /// <summary>Reads a table; rows may stand in any order and are sorted by time, equal times in file order.</summary>
    /// <param name="path">Plain or gzip text, UTF-8, quoted as RFC 4180 has it.</param>
    /// <param name="columns">Which columns hold what; the default names when null.</param>
    /// <param name="options">Policies; the defaults when null.</param>
    /// <param name="separator">What stands between columns.</param>
    /// <param name="hasHeader">Whether the first line names the columns.</param>
    /// <returns>The interactions and what was noticed while reading.</returns>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A column is missing, or a row is broken and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) Read(
        string path,
        InteractionColumns? columns = null,
        ImportOptions? options = null,
        char separator = ',',
        bool hasHeader = true
    ) => Read([path], columns, options, separator, hasHeader);

    /// <summary>Reads a table that stands in several files of the same columns, as if they were one.</summary>
    /// <param name="paths">Plain or gzip text; at least one.</param>
    /// <param name="columns">Which columns hold what; the default names when null. The first file decides which are feedback.</param>
    /// <param name="options">Policies; the defaults when null.</param>
    /// <param name="separator">What stands between columns.</param>
    /// <param name="hasHeader">Whether the first line of each file names the columns.</param>
    /// <returns>The interactions and what was noticed while reading.</returns>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A column is missing, or a row is broken and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) Read(
        IReadOnlyList<string> paths,
        InteractionColumns? columns = null,
        ImportOptions? options = null,
        char separator = ',',
        bool hasHeader = true
    )
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count, nameof(paths));
        columns ??= new InteractionColumns();
        InteractionBuilder? builder = null;
        foreach (var path in paths)
        {
            using var rows = new CsvRows(path, separator, hasHeader);
            var plan = new ColumnPlan(columns, rows);
            builder ??= new InteractionBuilder(options, plan.FeedbackNames);
            columns = columns with { Feedback = plan.FeedbackNames };
            builder.StartFile(path);
            AddAll(rows, plan, builder);
        }
        return (builder!.Build(), builder.Report);
    }

    private static void AddAll(CsvRows rows, ColumnPlan plan, InteractionBuilder builder)
    {
        var feedback = new float[plan.Feedback.Length];
        while (rows.TryRead(out var complaint))
        {
            builder.Report.Lines++;
            long? time = null;
            complaint ??= plan.Parse(rows, feedback, out time);
            if (complaint is not null)
                builder.Broken(rows.Line, complaint);
            else
                builder.AddAt(rows[plan.User], rows[plan.Item], time, rows.Line, feedback);
        }
    }

    /// <summary>Writes a table with a header, user after user: user, item, time where known, feedback.</summary>
    /// <param name="interactions">Keys are written where there are some, else user rows and item ids, both from 1.</param>
    /// <param name="writer">Receives the text.</param>
    /// <param name="columns">Column names; the defaults when null.</param>
    public static void Write(Interactions interactions, TextWriter writer, InteractionColumns? columns = null)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        columns ??= new InteractionColumns();
        using var csv = CsvWriter.Create(writer, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
        var time = interactions.HasTimes ? columns.Time : null;
        string?[] header = [columns.User, columns.Item, time, .. interactions.Feedback.Keys];
        Row(header.Where(name => name is not null));
        for (var user = 0; user < interactions.Users; user++)
        for (var i = (int)interactions.Offsets[user]; i < interactions.Offsets[user + 1]; i++)
        {
            var item = interactions.Items[i];
            string?[] row =
            [
                interactions.UserKeys?[user] ?? $"{user + 1}",
                interactions.ItemKeys?[item - 1] ?? $"{item}",
                time is null ? null : TimeText(interactions.Times[i], columns.TimeFormat),
                .. interactions.Feedback.Values.Select(column => float.IsNaN(column[i]) ? "" : $"{column[i]:R}"),
            ];
            Row(row.Where(cell => cell is not null));
        }

        void Row(IEnumerable<string?> cells)
        {
            foreach (var cell in cells)
                csv.WriteField(cell);
            csv.EndRecord();
        }
    }

    private static string TimeText(long seconds, TimeFormat format) =>
        format switch
        {
            TimeFormat.UnixMilliseconds => $"{seconds * 1000}",
            TimeFormat.Iso8601 => $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-ddTHH:mm:ssZ}",
            _ => $"{seconds}",
        };

    /// <summary>Where the wanted columns stand in this file.</summary>
    private sealed class ColumnPlan
    {
        private readonly string[] names;
        private readonly InteractionColumns wanted;

        public ColumnPlan(InteractionColumns wanted, CsvRows rows)
        {
            (this.wanted, names) = (wanted, rows.Names);
            (User, Item) = (rows.Need(wanted.User), rows.Need(wanted.Item));
            Time = wanted.Time is null ? -1 : rows.Need(wanted.Time);
            Feedback = wanted.Feedback is { } given
                ? [.. given.Select(rows.Need)]
                :
                [
                    .. Enumerable
                        .Range(0, names.Length)
                        .Where(i => i != User && i != Item && i != Time && IsNumber(rows, i)),
                ];
            FeedbackNames = [.. Feedback.Select(i => names[i])];
        }

        public int User { get; }
        public int Item { get; }
        public int Time { get; }
        public int[] Feedback { get; }
        public string[] FeedbackNames { get; }

        /// <summary>Reads time and feedback of a row; returns what is wrong with it, or null.</summary>
        public string? Parse(CsvRows row, float[] feedback, out long? time)
        {
            time = null;
            if (Time >= 0)
            {
                if (!EventTime.TryParse(row[Time], wanted.TimeFormat, out var milliseconds))
                    return $"Column '{names[Time]}': '{row[Time]}' is not a time ({wanted.TimeFormat}).";
                time = milliseconds;
            }
            for (var i = 0; i < Feedback.Length; i++)
            {
                var cell = row[Feedback[i]];
                if (cell.Length == 0)
                    feedback[i] = float.NaN;
                else if (!float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out feedback[i]))
                    return $"Column '{names[Feedback[i]]}': '{cell}' is not a number.";
            }
            return null;
        }

        private static bool IsNumber(CsvRows rows, int column) =>
            rows.HasRows && float.TryParse(rows[column], NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }
}
