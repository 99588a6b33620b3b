using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Evaluation;

/// <summary>How an evaluation runs; nothing here changes what it finds.</summary>
public sealed record RankingOptions : RichRecord
{
    /// <summary>Length of each case's list of best items in the result; 0 keeps none. At most N counts.</summary>
    [Range(0, int.MaxValue)]
    public int TopK { get; init; }

    /// <summary>
    /// Bytes of scores held at once; a block is at least one case. Null chooses: 32 MiB where the model makes the scores;
    /// for an <see cref="IDotProductScorer"/> 4 MiB on a CPU, so that they are counted while still in its cache, and
    /// 256 MiB on other devices.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long? BlockBytes { get; init; }

    /// <summary>Histories given to the model at once, at most; bounds the model's own memory. Default 512.</summary>
    [Range(1, int.MaxValue)]
    public int MaxBlockCases { get; init; } = 512;

    /// <summary>
    /// Multiplies user and item vectors of an <see cref="IDotProductScorer"/> in bfloat16. Off by default: near ties may
    /// change places, so it is for watching a run, not for reporting.
    /// </summary>
    public bool BFloat16 { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, its value and the range.</exception>
    internal void Check() => OptionRanges.Check(this);
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Cases measured.</param>
/// <param name="Total">Cases in all.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct RankingProgress(int Done, int Total) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();
}
