using GenRec.Shared.Display;

namespace GenRec.Shared.Decoding;

/// <summary>The parts of a search.</summary>
public enum DecodingPart
{
    /// <summary>The model's own work.</summary>
    Model,

    /// <summary>Finding the legal tokens and their log-probabilities.</summary>
    Constraint,

    /// <summary>Choosing the best and carrying them on.</summary>
    Selection,
}

/// <summary>Where the time of searches goes. On a GPU work is only handed out, so the parts mean something on the CPU alone.</summary>
public sealed class DecodingTimes : RichObject
{
    private readonly TimeSpan[] spent = new TimeSpan[Enum.GetValues<DecodingPart>().Length];

    /// <summary>Time of one part so far.</summary>
    public TimeSpan this[DecodingPart part] => spent[(int)part];

    /// <summary>Time of all parts so far.</summary>
    public TimeSpan Total => spent.Aggregate(TimeSpan.Zero, (sum, one) => sum + one);

    /// <summary>The part's share of all time, <c>0..1</c>; 0 before the first search.</summary>
    public double ShareOf(DecodingPart part) => Total == TimeSpan.Zero ? 0 : this[part] / Total;

    internal void Add(DecodingPart part, TimeSpan time) => spent[(int)part] += time;
}
