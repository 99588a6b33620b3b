namespace GenRec.Shared.Data.Downloads;

/// <summary>The data files that ship inside the library.</summary>
public static class ShippedData
{
    private const string Prefix = "data/";

    /// <summary>Names of all files, relative to <c>data/</c>: <c>reading-list.json</c>, <c>published/sasrec.yaml</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(ShippedData)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="ArgumentException">No file of this name ships; the message names those that do.</exception>
    public static byte[] Read(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        using var stream =
            typeof(ShippedData).Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new ArgumentException(
                $"No data file '{name}' ships; there are {string.Join(", ", Names)}.",
                nameof(name)
            );
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
