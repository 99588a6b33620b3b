using System.Globalization;
using System.Text.RegularExpressions;
using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>The reading list in its order.</summary>
/// <param name="Entries">All entries, number 1 first.</param>
public sealed partial record ReadingList(IReadOnlyList<ReadingEntry> Entries) : RichRecord
{
    private const string Shipped = "reading-list.json";

    /// <summary>The parts in order of first appearance.</summary>
    public IReadOnlyList<string> Parts => [.. Entries.Select(entry => entry.Part).Distinct()];

    /// <summary>The list that ships with the library.</summary>
    public static ReadingList Load() => Parse(ShippedData.Read(Shipped), "data/" + Shipped);

    /// <summary>A list of the same form from a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A record is wrong; the message says file, line and what is wrong.</exception>
    public static ReadingList Load(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>The entry of a system, whatever its case: <c>"sasrec"</c>.</summary>
    /// <exception cref="ArgumentException">No entry has this name.</exception>
    public ReadingEntry Find(string system) =>
        Entries.FirstOrDefault(entry => entry.System.Equals(system, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"The reading list has no '{system}'; it has {string.Join(", ", Entries.Select(entry => entry.System))}.",
            nameof(system)
        );

    /// <summary>The map of the list as a table, all rows.</summary>
    public Table ToTable() =>
        Table
            .Of(
                Entries,
                ("#", entry => entry.Number.ToString("00")),
                ("system", entry => entry.System),
                ("part", entry => entry.Part),
                ("date", entry => entry.Date),
                ("venue", entry => entry.Venue),
                ("arXiv", entry => string.Join(", ", entry.ArXiv)),
                ("importance", entry => entry.Importance is null ? "" : entry.ImportanceText),
                ("state", entry => entry.State.ToString().ToLowerInvariant()),
                ("remark", entry => entry.Remark)
            )
            .Top(Entries.Count);

    /// <inheritdoc/>
    protected override Table AsTable() => ToTable();

    private static ReadingList Parse(byte[] json, string file)
    {
        var records = JsonRecords.Read<ReadingEntry>(json, file, "entries");
        var systems = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var at = 0; at < records.Count; at++)
        {
            var (entry, line) = records[at];
            if (Wrong(entry, at + 1, systems) is { } wrong)
                throw new InvalidDataException($"{file}:{line}: {wrong}");
        }
        if (records.Count == 0)
            throw new InvalidDataException($"{file}:1: the list is empty.");
        return new ReadingList([.. records.Select(record => record.Value)]);
    }

    private static string? Wrong(ReadingEntry entry, int number, HashSet<string> systems)
    {
        if (entry.Number != number)
            return $"number is {entry.Number}, expected {number}: entries stand in the order of reading.";
        if (
            string.IsNullOrWhiteSpace(entry.System)
            || string.IsNullOrWhiteSpace(entry.Title)
            || string.IsNullOrWhiteSpace(entry.Part)
        )
            return "system, title and part must not be blank.";
        if (!systems.Add(entry.System))
            return $"system '{entry.System}' is in the list twice.";
        if (entry.Date is { } date && !IsDate(date))
            return $"date '{date}' is not yyyy-MM or yyyy-MM-dd.";
        if (entry.Kind == ReadingKind.Paper && entry.Date is null)
            return $"'{entry.System}' is a paper and needs a date.";
        if (entry.ArXiv.FirstOrDefault(id => !ArXivNumber().IsMatch(id)) is { } wrong)
            return $"arXiv number '{wrong}' is not of the form 1808.09781.";
        return NotebookPath().IsMatch(entry.Notebook)
            ? null
            : $"notebook '{entry.Notebook}' is not of the form folder/{number:00}-name.ipynb.";
    }

    private static bool IsDate(string date) =>
        DateOnly.TryParseExact(
            date,
            ["yyyy-MM-dd", "yyyy-MM"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out _
        );

    [GeneratedRegex(@"^\d{4}\.\d{4,5}$")]
    private static partial Regex ArXivNumber();

    [GeneratedRegex(@"^[a-z0-9-]+/\d\d-[a-z0-9-]+\.ipynb$")]
    private static partial Regex NotebookPath();
}
