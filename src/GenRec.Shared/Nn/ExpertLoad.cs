using GenRec.Shared.Display;

namespace GenRec.Shared.Nn;

/// <summary>How many tokens each expert of each layer got.</summary>
/// <param name="Tokens">Tokens of each expert, <c>[layers][E]</c>; a token counts once for each expert that it went to.</param>
public sealed record ExpertLoad(IReadOnlyList<long[]> Tokens) : RichRecord
{
    /// <summary>Share of a layer's tokens that went to each expert, <c>[E]</c>, sums to 1; <c>1 / E</c> where all are alike.</summary>
    /// <param name="layer"><c>0..layers-1</c>.</param>
    public double[] Shares(int layer)
    {
        var total = Math.Max(1, Tokens[layer].Sum());
        return Array.ConvertAll(Tokens[layer], count => count / (double)total);
    }

    /// <summary>Experts that would give the same entropy if all were used alike, <c>1..E</c>: <c>exp(-sum_i p_i ln p_i)</c>.</summary>
    public double EffectiveExperts(int layer) =>
        Math.Exp(-Shares(layer).Where(share => share > 0).Sum(share => share * Math.Log(share)));

    /// <summary>Load of the busiest expert over that of the average one, at least 1.</summary>
    public double Peak(int layer) => Shares(layer).Max() * Tokens[layer].Length;

    /// <summary>Experts that got nothing.</summary>
    public int Idle(int layer) => Tokens[layer].Count(count => count == 0);

    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table.Of(
            Enumerable.Range(0, Tokens.Count),
            ("layer", layer => layer + 1),
            ("experts", layer => Tokens[layer].Length),
            (new TableColumn("tokens", "N0"), layer => Tokens[layer].Sum()),
            (new TableColumn("experts as if used alike", "F1"), layer => EffectiveExperts(layer)),
            (new TableColumn("busiest over average", "F2"), layer => Peak(layer)),
            ("idle", layer => Idle(layer))
        );
}
