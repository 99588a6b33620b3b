using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>The k best items of each case, best first.</summary>
/// <param name="K">Places in each list, at least 1.</param>
/// <param name="Items">Item ids <c>[cases, K]</c>, case after case; 0 marks a place left empty.</param>
/// <param name="Scores">Their scores <c>[cases, K]</c>; negative infinity at an empty place.</param>
public sealed record TopLists(int K, int[] Items, float[] Scores) : RichRecord
{
    /// <summary>Number of lists.</summary>
    public int Count => Items.Length / K;

    /// <summary>One case's items, best first, <c>[K]</c>.</summary>
    public ReadOnlySpan<int> this[int index] => Items.AsSpan(index * K, K);

    /// <summary>The scores of one case's items, <c>[K]</c>.</summary>
    public ReadOnlySpan<float> ScoresOf(int index) => Scores.AsSpan(index * K, K);
}
