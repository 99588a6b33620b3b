using System.Globalization;
using System.Text.Json;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>Columns of a file of cases.</summary>
/// <param name="User">The user.</param>
/// <param name="History">Item numbers, oldest first: a Python list, or numbers apart by spaces.</param>
/// <param name="Target">The item that came next.</param>
public sealed record CaseColumns(string User, string History, string Target) : RichRecord
{
    /// <summary>MiniOneRec's <c>train</c>, <c>valid</c> and <c>test</c> CSV files (AkaliKong/MiniOneRec).</summary>
    public static CaseColumns MiniOneRec { get; } = new("user_id", "history_item_id", "item_id");

    /// <summary>RecBole's sequential <c>.inter</c> files, apart by tabs.</summary>
    public static CaseColumns RecBole { get; } = new("user_id", "item_id_list", "item_id");

    /// <summary>The first three columns of a file without header.</summary>
    public static CaseColumns ByPosition { get; } = new("0", "1", "2");
}

/// <summary>Reads files whose rows are cases already: user, history, target. Users are numbered across all files read.</summary>
/// <param name="itemCount">N.</param>
/// <param name="first">The file's number of item 1: 0 or 1.</param>
/// <param name="options">Policies; the defaults when null. A row that occurs again in a file counts as a duplicate.</param>
public sealed class CaseReader(int itemCount, int first = 0, ImportOptions? options = null) : RichObject
{
    private readonly ImportOptions options = options ?? new ImportOptions();
    private readonly KeyMap users = new();

    /// <summary>Names of the users met so far; entry <c>u</c> is user <c>u</c> of the cases.</summary>
    public IReadOnlyList<string> UserKeys => users.Keys;

    /// <summary>What was noticed in all files so far.</summary>
    public ImportReport Report { get; } = new((options ?? new ImportOptions()).Examples);

    /// <summary>Reads one file.</summary>
    /// <param name="path">Plain or gzip text.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="separator">What stands between columns.</param>
    /// <param name="hasHeader">Whether the first line names the columns.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A column is missing, or a row is broken and the policy is to fail.</exception>
    public NextItemCases Read(string path, CaseColumns columns, char separator = ',', bool hasHeader = true)
    {
        ArgumentNullException.ThrowIfNull(columns);
        using var rows = new CsvRows(path, separator, hasHeader);
        Report.AddFile(path);
        var (user, history, target) = (rows.Need(columns.User), rows.Need(columns.History), rows.Need(columns.Target));
        var (caseUsers, targets, histories) = (new List<int>(), new List<int>(), new List<int[]>());
        var seen = new Dictionary<string, long>();
        while (rows.TryRead(out var complaint))
        {
            Report.Lines++;
            var (items, next) = (Array.Empty<int>(), 0);
            complaint ??= TryItems(rows[history], out items);
            complaint ??= TryItem(rows[target], out next);
            complaint ??= rows[user].Length == 0 ? "The user is empty." : null;
            if (complaint is not null)
            {
                Report.Malformation(options.Malformed, path, rows.Line, complaint);
                continue;
            }
            if (!Keep($"{rows[user]}\t{rows[history]}\t{rows[target]}", rows.Line))
                continue;
            caseUsers.Add(users.NumberOf(rows[user]));
            histories.Add(items);
            targets.Add(next);
        }
        return new NextItemCases([.. caseUsers], Histories.From(histories), [.. targets], itemCount);

        bool Keep(string row, long line)
        {
            if (seen.TryAdd(row, line))
                return true;
            if (options.Duplicates == DuplicateEvents.Fail)
                throw new DataFormatException(path, line, $"The row equals that of line {seen[row]}.");
            Report.Add(ImportProblemKind.Duplicate, path, line, $"The row equals that of line {seen[row]}.");
            return options.Duplicates == DuplicateEvents.Keep;
        }
    }

    private string? TryItems(string text, out int[] items)
    {
        items = [];
        var found = new List<int>();
        if (text.StartsWith('['))
        {
            try
            {
                using var json = JsonDocument.Parse(PythonLiteral.ToJson(text));
                foreach (var element in json.RootElement.EnumerateArray())
                {
                    var name = element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
                    if (TryItem(name, out var item) is { } complaint)
                        return complaint;
                    found.Add(item);
                }
            }
            catch (Exception e) when (e is FormatException or JsonException)
            {
                return $"The history is not a list: {e.Message}";
            }
        }
        else
        {
            for (var tokens = new Tokens(text); !tokens.AtEnd; )
            {
                if (TryItem(tokens.Next(), out var item) is { } complaint)
                    return complaint;
                found.Add(item);
            }
        }
        items = [.. found];
        return null;
    }

    private string? TryItem(ReadOnlySpan<char> text, out int item)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            item = 0;
            return $"Item '{text}' is not a whole number.";
        }
        item = number - first + 1;
        return number >= first && number - first < itemCount
            ? null
            : $"Item {number} is outside {first}..{first + itemCount - 1}.";
    }
}
