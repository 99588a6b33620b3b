using GenRec.Shared.Data;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>The reproduction status of what was run, in words, for the timeline.</summary>
public static class ReproductionStates
{
    /// <summary>System to <c>reproduced</c>, <c>close</c> or <c>not reproduced</c>; systems that were not run are left out.</summary>
    /// <param name="results">Folder of records; the repository's <c>data/results</c> where null.</param>
    /// <exception cref="InvalidDataException">A record is not sound; the message names file and field.</exception>
    public static IReadOnlyDictionary<string, string> Recorded(string? results = null)
    {
        var folder = results ?? Path.Combine(DataFolders.Repository ?? "", "data", "results");
        return Reproduction
            .Of(ResultRecords.Load(folder), PublishedResults.LoadAll())
            .Where(system => system.Status != ReproductionStatus.NotRun)
            .ToDictionary(system => system.System, system => system.Status.Words(), StringComparer.OrdinalIgnoreCase);
    }
}
