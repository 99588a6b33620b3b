using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Harness;

/// <summary>The sets that measurements run on: public ones from the data folders, or generated.</summary>
internal static class BenchmarkData
{
    public const string Beauty = "amazon14-beauty";
    public const string MovieLens = "ml-1m";

    /// <summary>Why a set cannot be loaded and what to do about it, or null where it can.</summary>
    public static string? Unavailable(string name, BenchmarkOptions options)
    {
        if (options.Synthetic)
            return null;
        if (PublicDatasets.Find(name) is not { } set)
            return $"no public data set is called '{name}'.";
        try
        {
            DataFolders.Find(set.Folder, set.Files);
            return null;
        }
        catch (DirectoryNotFoundException missing)
        {
            return $"{missing.Message} Or measure small generated data with --synthetic.";
        }
    }

    /// <summary>Loads a set, or generates data of its kind, and divides it leave-one-out.</summary>
    /// <exception cref="BenchmarkException">The set is not there.</exception>
    public static Split Load(string name, BenchmarkOptions options)
    {
        if (Unavailable(name, options) is { } reason)
            throw new BenchmarkException(reason);
        return Splits.LeaveOneOut(
            options.Synthetic ? Generate(name, options.Seed) : PublicDatasets.Load(name).Interactions
        );
    }

    /// <summary>Few users, because generated data only shows that a comparison runs; long rows for MovieLens, short ones else.</summary>
    private static Interactions Generate(string name, int seed) =>
        name == MovieLens
            ? SyntheticHistories.Make(users: 600, items: 1000, meanLength: 120, seed)
            : SyntheticHistories.Make(users: 3000, items: 2000, meanLength: 9, seed);
}
