using System.Text.Json;
using GenRec.Shared.Display;

namespace GenRec.Shared.Decoding;

/// <summary>What a latency curve goes along.</summary>
public enum LatencyAxis
{
    /// <summary>Items of the catalogue, at one width and one user.</summary>
    Items,

    /// <summary>Width of the search, at one catalogue and one user.</summary>
    Beams,

    /// <summary>Users searched for at once, at one catalogue and one width.</summary>
    Users,
}

/// <summary>One measurement of constrained beam search; times are medians in milliseconds.</summary>
/// <param name="Items">Items of the catalogue.</param>
/// <param name="Beams">Width.</param>
/// <param name="Users">Users at once.</param>
/// <param name="ConstrainedMs">A search with the trie.</param>
/// <param name="FreeMs">The same without constraint.</param>
/// <param name="ConstraintMs">The constraint's own part of the search with the trie.</param>
/// <param name="ConstraintShare">The same as a share.</param>
/// <param name="BuildMs">Building the trie.</param>
/// <param name="ViewMs">A view that allows every twentieth item.</param>
/// <param name="AddMs">Adding one item for each hundred.</param>
/// <param name="TrieMegabytes">Size of the trie's arrays.</param>
public sealed record LatencyRow(
    int Items,
    int Beams,
    int Users,
    double ConstrainedMs,
    double FreeMs,
    double ConstraintMs,
    double ConstraintShare,
    double BuildMs,
    double ViewMs,
    double AddMs,
    double TrieMegabytes
) : RichRecord
{
    /// <summary>The size that varies along an axis.</summary>
    public int SizeOf(LatencyAxis axis) =>
        axis switch
        {
            LatencyAxis.Beams => Beams,
            LatencyAxis.Users => Users,
            _ => Items,
        };
}

/// <summary>Recorded times of constrained beam search, as <c>GenRec.Benchmarks latency --output</c> writes them.</summary>
/// <param name="Machine">Where they were taken.</param>
/// <param name="Width">Hidden width of the model.</param>
/// <param name="Rows">The measurements.</param>
public sealed record DecodingLatency(string Machine, int Width, IReadOnlyList<LatencyRow> Rows) : RichRecord
{
    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads the committed measurement; null where none is recorded.</summary>
    /// <param name="path">The file; <c>data/measurements/latency.json</c> of the checkout in the notebooks.</param>
    /// <exception cref="InvalidDataException">The file is no such measurement.</exception>
    public static DecodingLatency? TryLoad(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var read = JsonSerializer.Deserialize<DecodingLatency>(File.ReadAllBytes(path), json);
            return read is { Rows.Count: > 0 } ? read : throw new InvalidDataException($"{path}: there is no row.");
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"{path}:{(wrong.LineNumber ?? 0) + 1}: {wrong.Message}", wrong);
        }
    }

    /// <summary>The rows that differ in one size alone, by that size: those of the most common other sizes.</summary>
    public IReadOnlyList<LatencyRow> Along(LatencyAxis axis) =>
        [
            .. Rows.GroupBy(row =>
                    (
                        axis == LatencyAxis.Items ? 0 : row.Items,
                        axis == LatencyAxis.Beams ? 0 : row.Beams,
                        axis == LatencyAxis.Users ? 0 : row.Users
                    )
                )
                .MaxBy(group => group.DistinctBy(row => row.SizeOf(axis)).Count())!
                .DistinctBy(row => row.SizeOf(axis))
                .OrderBy(row => row.SizeOf(axis)),
        ];

    /// <summary>All measurements.</summary>
    protected override Table AsTable() =>
        Table
            .Of(
                Rows,
                (new("items", "N0"), row => row.Items),
                ("beams", row => row.Beams),
                ("users", row => row.Users),
                (new("constrained [ms]", "F1"), row => row.ConstrainedMs),
                (new("free [ms]", "F1"), row => row.FreeMs),
                (new("constraint [ms]", "F2"), row => row.ConstraintMs),
                (new("its share", "P1"), row => row.ConstraintShare),
                (new("build [ms]", "F1"), row => row.BuildMs),
                (new("trie [MB]", "F2"), row => row.TrieMegabytes)
            )
            .Top(Rows.Count)
            .Titled("Constrained beam search, 4 x 256 codes", $"T5 of width {Width}, on {Machine}.");
}
