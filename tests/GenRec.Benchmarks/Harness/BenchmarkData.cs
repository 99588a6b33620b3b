using System.Globalization;
using System.IO.Compression;
using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Harness;

/// <summary>The sets that measurements run on, from the folder that <c>GENREC_DATA</c> names, or generated.</summary>
internal static class BenchmarkData
{
    public const string Beauty = "amazon14-beauty";
    public const string MovieLens = "ml-1m";

    /// <summary>Names that can be loaded.</summary>
    public static IReadOnlyList<string> Names { get; } = [Beauty, MovieLens];

    /// <summary>Why a set cannot be loaded and what to do about it, or null where it can.</summary>
    public static string? Unavailable(string name, BenchmarkOptions options)
    {
        if (options.Synthetic)
            return null;
        if (Environment.GetEnvironmentVariable("GENREC_DATA") is not { Length: > 0 } folder)
            return $"{name} is needed; set GENREC_DATA to the folder of public data, or measure generated data with --synthetic.";
        return File.Exists(FileOf(folder, name))
            ? null
            : $"{FileOf(folder, name)} is missing; put {name} into the folder that GENREC_DATA names, or use --synthetic.";
    }

    /// <summary>Loads a set, or generates data of its kind.</summary>
    /// <exception cref="BenchmarkException">The set is not there.</exception>
    public static Interactions Load(string name, BenchmarkOptions options)
    {
        if (Unavailable(name, options) is { } reason)
            throw new BenchmarkException(reason);
        if (options.Synthetic)
            return name == MovieLens
                ? SyntheticHistories.Make(users: 600, items: 1000, meanLength: 120, options.Seed)
                : SyntheticHistories.Make(users: 3000, items: 2000, meanLength: 9, options.Seed);
        var rows = Read(FileOf(Environment.GetEnvironmentVariable("GENREC_DATA")!, name));
        var offsets = new long[rows.Count + 1];
        for (var user = 0; user < rows.Count; user++)
            offsets[user + 1] = offsets[user] + rows[user].Count;
        int[] items = [.. rows.SelectMany(row => row)];
        return new Interactions(items.Max(), offsets, items);
    }

    private static string FileOf(string folder, string name) =>
        Path.Combine(folder, name, name == MovieLens ? "ml-1m.txt.gz" : "sequences.txt.gz");

    private static List<List<int>> Read(string path)
    {
        var rows = new SortedDictionary<int, List<int>>();
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            var numbers = line.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            if (!rows.TryGetValue(numbers[0], out var row))
                rows[numbers[0]] = row = [];
            row.AddRange(numbers[1..]);
        }
        return [.. rows.Values];
    }
}
