using GenRec.Shared.Data;
using static TorchSharp.torch;

namespace GenRec.Shared.Models.Baselines;

/// <summary>Recommends what was chosen most, the same for everybody.</summary>
public sealed class PopularityScorer : FullScorer
{
    private readonly float[] counts;

    /// <summary>Counts the training interactions.</summary>
    public PopularityScorer(Interactions train)
    {
        ArgumentNullException.ThrowIfNull(train);
        counts = Array.ConvertAll(train.ItemCounts(), count => (float)count);
    }

    /// <inheritdoc/>
    public override Tensor ScoreAll(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var row = tensor(counts);
        return row.expand(histories.Count, counts.Length).contiguous();
    }
}
