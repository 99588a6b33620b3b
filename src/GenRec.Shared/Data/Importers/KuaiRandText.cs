using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads the file of histories that goes with a part of KuaiRand's log.</summary>
public static class KuaiRandText
{
    internal const string Header = "user_id\thistory_len\tlast_time_ms\twatch\tlike\tlong_view";

    /// <summary>Reads histories: user, true length, last time in milliseconds, and three lists of videos apart by spaces.</summary>
    /// <param name="path">Plain or gzip text, columns apart by tabs, with a header.</param>
    /// <param name="itemKeys">Video numbers of a log, entry <c>i</c> for item <c>i + 1</c>; others get ids after them. None where null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken, or a user has two; names file and line.</exception>
    public static KuaiRandHistories ReadHistories(string path, IReadOnlyList<string>? itemKeys = null)
    {
        var (users, items, report) = (new KeyMap(), new KeyMap(), new ImportReport());
        foreach (var key in itemKeys ?? [])
            items.NumberOf(key);
        var (lengths, times) = (new List<int>(), new List<long>());
        var lists = new[] { new Rows(), new Rows(), new Rows() };
        using var lines = new LineReader(path);
        report.AddFile(path);
        if (!lines.TryRead(out var header) || !header.TrimEnd().SequenceEqual(Header))
            throw lines.Error($"The header must be '{Header.Replace('\t', ' ')}', apart by tabs.");
        Span<Range> parts = stackalloc Range[7];
        while (lines.TryRead(out var line))
        {
            report.Lines++;
            var columns = line.Split(parts, '\t');
            if (columns != 6)
                throw lines.Error($"{columns} columns, need 6.");
            if (!int.TryParse(line[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
                throw lines.Error($"'{line[parts[1]]}' is not a length.");
            if (!long.TryParse(line[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                throw lines.Error($"'{line[parts[2]]}' is not a time in milliseconds.");
            var known = users.Count;
            if (line[parts[0]].IsEmpty || users.NumberOf(line[parts[0]]) < known)
                throw lines.Error($"User '{line[parts[0]]}' is empty or has a line already.");
            lengths.Add(length);
            times.Add(EventTime.Seconds(milliseconds));
            for (var list = 0; list < lists.Length; list++)
                lists[list].Add(line[parts[3 + list]], items);
            if (lists[0].LastLength > length)
                throw lines.Error($"{lists[0].LastLength} videos, but the length is {length}.");
        }
        return new KuaiRandHistories(
            users.Keys,
            items.Keys,
            [.. lengths],
            [.. times],
            lists[0].Build(),
            lists[1].Build(),
            lists[2].Build(),
            report
        );
    }

    private sealed class Rows
    {
        private readonly List<long> offsets = [0];
        private readonly List<int> items = [];

        public long LastLength => offsets[^1] - offsets[^2];

        public void Add(ReadOnlySpan<char> list, KeyMap numbers)
        {
            for (var tokens = new Tokens(list); !tokens.AtEnd; )
                items.Add(numbers.NumberOf(tokens.Next()) + 1);
            offsets.Add(items.Count);
        }

        public Histories Build() => new([.. offsets], [.. items]);
    }
}
