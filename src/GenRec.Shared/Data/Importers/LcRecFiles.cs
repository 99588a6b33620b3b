using System.Globalization;
using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads the layout of LC-Rec (RUCAIBox/LC-Rec), which LETTER and MiniOneRec share: one JSON object a file.</summary>
/// <remarks>
/// <c>X.inter.json</c> holds the items of each user, <c>X.item.json</c> their properties, <c>X.index.json</c> their semantic
/// ids (<see cref="ItemCodesFile"/>), <c>X.emb-*.npy</c> their vectors (<see cref="NumpyFile"/>). Numbers start at 0.
/// </remarks>
public static class LcRecFiles
{
    /// <summary>Reads <c>X.inter.json</c>: <c>{"0": [0, 1, 2], "1": [3, 4]}</c>, oldest item first.</summary>
    /// <param name="path">Plain or gzip JSON.</param>
    /// <param name="options">Policies; when null the defaults with item numbers as given, from 0.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The JSON is broken, or a user is and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) ReadInteractions(
        string path,
        ImportOptions? options = null
    )
    {
        var builder = new InteractionBuilder(options ?? new ImportOptions { ItemIds = ItemIds.AsGivenFromZero });
        builder.StartFile(path);
        var users = new HashSet<string>();
        JsonObjectFile.ForEach(
            path,
            (user, items, line) =>
            {
                builder.Report.Lines++;
                if (!users.Add(user))
                    builder.Broken(line, $"User '{user}' occurs again.");
                else if (items.ValueKind != JsonValueKind.Array || items.GetArrayLength() == 0)
                    builder.Broken(line, $"User '{user}' has no list of items.");
                else
                    foreach (var item in items.EnumerateArray())
                        builder.Add(
                            user,
                            item.ValueKind == JsonValueKind.String ? item.GetString() : item.GetRawText(),
                            null,
                            line
                        );
            }
        );
        return (builder.Build(), builder.Report);
    }

    /// <summary>Reads <c>X.item.json</c>: <c>{"0": {"title": ..., "description": ...}}</c>, one column a property.</summary>
    /// <param name="path">Plain or gzip JSON.</param>
    /// <param name="itemCount">N.</param>
    /// <param name="first">The number of item 1: 0 or 1.</param>
    /// <param name="report">Receives items outside the interactions and repeated ones; a new one when null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The JSON is broken.</exception>
    public static ItemTable ReadItems(string path, int itemCount, int first = 0, ImportReport? report = null)
    {
        report ??= new ImportReport();
        report.AddFile(path);
        var (table, described) = (new ItemTableBuilder(itemCount), new HashSet<int>());
        JsonObjectFile.ForEach(
            path,
            (name, item, line) =>
            {
                report.Lines++;
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    throw new DataFormatException(path, line, $"'{name}' is not an item number.");
                if (item.ValueKind != JsonValueKind.Object)
                    throw new DataFormatException(
                        path,
                        line,
                        $"Item {name} is a JSON {item.ValueKind}, need an object."
                    );
                if (number < first || number >= first + itemCount)
                    report.Add(ImportProblemKind.Unknown, path, line, $"Item {name} is not among the interactions.");
                else if (!described.Add(number))
                    report.Add(
                        ImportProblemKind.Duplicate,
                        path,
                        line,
                        $"Item {name} is described again; the first stays."
                    );
                else
                    ItemJsonLines.Fill(table, number - first, item);
            }
        );
        return table.Build();
    }
}
