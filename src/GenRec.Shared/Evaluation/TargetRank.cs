using GenRec.Shared.Display;

namespace GenRec.Shared.Evaluation;

/// <summary>Where the target stands among the candidates, with ties kept apart from what is certain.</summary>
/// <remarks>
/// Candidates with equal scores have no order. Breaking the tie at random puts the target at each of the ranks
/// <c>Above + 1 .. Above + 1 + Tied</c> with equal probability, and every metric here is the expected value over that
/// draw. A collapsed model that scores all items alike is thus measured at chance level, where a sort that happens to
/// leave the target first would call it perfect.
/// </remarks>
/// <param name="Above">Candidates with a score above the target's, at least 0.</param>
/// <param name="Tied">Other candidates with exactly the target's score, at least 0.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct TargetRank(int Above, int Tied) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>The target is not in the list at all: a miss at every cutoff.</summary>
    public static TargetRank Missing { get; } = new(int.MaxValue, 0);

    /// <summary>Whether the target is not in the list.</summary>
    public bool IsMissing => Above == int.MaxValue;

    /// <summary>Average rank, <c>1 + Above + Tied / 2</c>; 1 is best, infinite where the target is missing.</summary>
    public double Average => IsMissing ? double.PositiveInfinity : 1 + Above + Tied / 2.0;

    /// <summary>The same place with all ties broken for the target, as some published evaluators do.</summary>
    public TargetRank Optimistic => this with { Tied = 0 };
}
