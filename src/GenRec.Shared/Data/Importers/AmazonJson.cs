using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads the Amazon review data of 2014, 2018 and 2023 (UCSD): reviews and item metadata, JSON lines.</summary>
/// <remarks>
/// The three releases name their fields differently; each line says by its fields which one it is. The metadata of 2014 is
/// not JSON but Python dictionaries, see <see cref="PythonLiteral"/>.
/// </remarks>
public static class AmazonJson
{
    private static readonly string[] UserNames = ["reviewerID", "user_id"];
    private static readonly string[] ItemNames = ["parent_asin", "asin", "item_id"]; // 2023 describes parents only
    private static readonly string[] RatingNames = ["overall", "rating"];
    private static readonly string[] BrandNames = ["brand", "store"];

    /// <summary>Reads reviews as events; the stars become the feedback column <c>rating</c>.</summary>
    /// <param name="path">Plain or gzip JSON lines.</param>
    /// <param name="options">Policies; the defaults when null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) ReadReviews(
        string path,
        ImportOptions? options = null
    )
    {
        var builder = new InteractionBuilder(options, "rating");
        builder.StartFile(path);
        JsonLines.Read(path, builder.Report, (options ?? new ImportOptions()).Malformed, Add, registerFile: false);
        return (builder.Build(), builder.Report);

        string? Add(JsonElement review, long line)
        {
            if (TextOf(review, UserNames) is not { Length: > 0 } user)
                return $"No user ({string.Join(" or ", UserNames)}).";
            if (TextOf(review, ItemNames) is not { Length: > 0 } item)
                return $"No item ({string.Join(" or ", ItemNames)}).";
            if (MillisecondsOf(review) is not { } time)
                return "No time (unixReviewTime in seconds or timestamp in milliseconds).";
            builder.AddAt(user, item, time, line, (float)(NumberOf(review, RatingNames) ?? double.NaN));
            return null;
        }
    }

    /// <summary>Reads metadata into an item table.</summary>
    /// <param name="path">Plain or gzip; JSON or Python dictionaries.</param>
    /// <param name="itemKeys">Product numbers (ASIN), entry <c>i</c> for item <c>i + 1</c>.</param>
    /// <param name="report">Receives items outside the interactions and repeated ones; a new one when null.</param>
    /// <param name="malformed">What to do with a broken line.</param>
    /// <returns>
    /// Columns where the release has them: title, brand, price (in dollars), categories, description, features, salesGroup,
    /// salesRank, ratingCount, meanRating.
    /// </returns>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken and the policy is to fail.</exception>
    public static ItemTable ReadMetadata(
        string path,
        IReadOnlyList<string> itemKeys,
        ImportReport? report = null,
        MalformedLines malformed = MalformedLines.Fail
    )
    {
        ArgumentNullException.ThrowIfNull(itemKeys);
        report ??= new ImportReport();
        var rows = itemKeys.Select((key, row) => (key, row)).ToDictionary(pair => pair.key, pair => pair.row);
        var described = new HashSet<int>();
        var table = new ItemTableBuilder(itemKeys.Count);
        JsonLines.Read(
            path,
            report,
            malformed,
            Add,
            line => line.TrimStart() is ['{', '\'', ..] ? PythonLiteral.ToJson(line) : null
        );
        return table.Build();

        string? Add(JsonElement item, long line)
        {
            if (TextOf(item, ItemNames) is not { } key)
                return $"No item ({string.Join(" or ", ItemNames)}).";
            if (!rows.TryGetValue(key, out var row))
                report.Add(ImportProblemKind.Unknown, path, line, $"'{key}' is not among the interactions.");
            else if (!described.Add(row))
                report.Add(ImportProblemKind.Duplicate, path, line, $"'{key}' is described again; the first stays.");
            else
                Describe(table, row, item);
            return null;
        }
    }

    private static void Describe(ItemTableBuilder table, int row, JsonElement item)
    {
        table.Set(row, ItemTable.TitleColumn, TextOf(item, ["title"]));
        table.Set(row, ItemTable.BrandColumn, TextOf(item, BrandNames));
        if (PriceOf(item) is { } price)
            table.Set(row, ItemTable.PriceColumn, price);
        table.Set(row, ItemTable.CategoriesColumn, CategoriesOf(item));
        table.Set(row, ItemTable.DescriptionColumn, Joined(item, "description", "\n"));
        table.Set(row, "features", Joined(item, item.TryGetProperty("features", out _) ? "features" : "feature", "\n"));
        if (item.TryGetProperty("salesRank", out var rank) && rank.ValueKind == JsonValueKind.Object)
            foreach (var group in rank.EnumerateObject().Take(1))
            {
                table.Set(row, "salesGroup", group.Name);
                table.Set(row, "salesRank", group.Value.GetDouble());
            }
        if (NumberOf(item, ["rating_number"]) is { } count)
            table.Set(row, "ratingCount", count);
        if (NumberOf(item, ["average_rating"]) is { } mean)
            table.Set(row, "meanRating", mean);
    }

    private static string? CategoriesOf(JsonElement item)
    {
        var name = item.TryGetProperty("categories", out var found) ? "categories" : "category";
        if (
            !item.TryGetProperty(name, out found)
            || found.ValueKind != JsonValueKind.Array
            || found.GetArrayLength() == 0
        )
            return null;
        return found[0].ValueKind == JsonValueKind.Array // 2014 has several paths, 2018 and 2023 have one
            ? ItemTable.JoinPaths(found.EnumerateArray().Select(path => path.EnumerateArray().Select(Plain)))
            : ItemTable.JoinPaths([found.EnumerateArray().Select(Plain)]);
    }

    private static double? PriceOf(JsonElement item)
    {
        if (!item.TryGetProperty("price", out var price))
            return null;
        if (price.ValueKind == JsonValueKind.Number)
            return price.GetDouble();
        return
            price.ValueKind == JsonValueKind.String
            && double.TryParse(
                price.GetString()!.TrimStart('$').Replace(",", "", StringComparison.Ordinal),
                out var dollars
            )
            ? dollars // 2018 writes "$1,299.00", and ranges or scraps of a page where it has no price
            : null;
    }

    private static long? MillisecondsOf(JsonElement review) =>
        NumberOf(review, ["unixReviewTime"]) is { } seconds ? (long)seconds * 1000
        : NumberOf(review, ["timestamp"]) is { } milliseconds ? (long)milliseconds
        : null;

    private static string? TextOf(JsonElement json, string[] names)
    {
        foreach (var name in names)
            if (json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                return value.GetString();
        return null;
    }

    private static double? NumberOf(JsonElement json, string[] names)
    {
        foreach (var name in names)
            if (json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number)
                return value.GetDouble();
        return null;
    }

    private static string? Joined(JsonElement json, string name, string separator) =>
        !json.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
            ? string.Join(separator, value.EnumerateArray().Select(Plain))
        : null;

    private static string Plain(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
