using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads the five files of KuaiSearch (benchen4395/KuaiSearch), JSON lines.</summary>
public static class KuaiSearchText
{
    /// <summary>Names of the files: items, users, recall, rank, relevance.</summary>
    public static IReadOnlyList<string> Files { get; } =
    ["items.jsonl.gz", "users.jsonl.gz", "recall.jsonl.gz", "rank.jsonl.gz", "relevance.jsonl.gz"];

    /// <summary>Reads a folder that holds <see cref="Files"/>.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken, or describes an item or user again; names file and line.</exception>
    public static SearchLog Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var report = new ImportReport();
        var paths = Files.Select(file => Path.Combine(folder, file)).ToArray();
        var (items, itemKeys) = Described(paths[0], "item_id", report);
        var (users, userKeys) = Described(paths[1], "user_id", report);
        return new SearchLog(
            items.Build(),
            itemKeys,
            users.BuildFrame(),
            userKeys,
            JsonLines.ReadAll<SearchImpression>(paths[2], report),
            JsonLines.ReadAll<RankedItem>(paths[3], report),
            JsonLines.ReadAll<RelevanceJudgement>(paths[4], report),
            report
        );
    }

    private static (ItemTableBuilder Table, IReadOnlyList<string> Keys) Described(
        string path,
        string key,
        ImportReport report
    )
    {
        var (keys, rows) = (new KeyMap(), new List<JsonElement>());
        JsonLines.Read(
            path,
            report,
            MalformedLines.Fail,
            (json, _) =>
            {
                if (!json.TryGetProperty(key, out var number) || number.ValueKind != JsonValueKind.Number)
                    return $"There is no number '{key}'.";
                if (keys.NumberOf(number.GetRawText()) < rows.Count)
                    return $"{key} {number} is described already.";
                rows.Add(json.Clone());
                return null;
            }
        );
        var table = new ItemTableBuilder(rows.Count);
        for (var row = 0; row < rows.Count; row++)
            ItemJsonLines.Fill(table, row, rows[row]);
        return (table, keys.Keys);
    }
}
