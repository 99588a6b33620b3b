using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Text;

/// <summary>One change of all vectors before they are quantised; what it needs to know it learns from the vectors.</summary>
public abstract record EmbeddingStep : RichRecord
{
    /// <summary>Takes the mean away: sentence vectors share a large direction that says nothing.</summary>
    public static EmbeddingStep SubtractMean { get; } = new Centre();

    /// <summary>Mean 0 and standard deviation 1 in each column; a constant column becomes 0.</summary>
    public static EmbeddingStep Standardise { get; } = new Scale();

    /// <summary>Length 1 for each vector; a zero vector stays.</summary>
    public static EmbeddingStep UnitLength { get; } = new Length();

    /// <summary>Principal directions, each scaled to variance 1 (RPG whitens to 512 before its product quantiser).</summary>
    /// <param name="width">Directions kept, strongest first; all where null.</param>
    public static EmbeddingStep Whiten(int? width = null) => new Principal(width, IsScaled: true);

    /// <summary>Principal directions without scaling: fewer columns, nearly the same distances.</summary>
    /// <param name="width">Directions kept, strongest first.</param>
    public static EmbeddingStep Project(int width) => new Principal(width, IsScaled: false);

    /// <summary>Learns from vectors, <c>[N, D]</c>; returns the step for any vectors of that width.</summary>
    internal abstract Func<Tensor, Tensor> Learn(Tensor vectors);

    private static Tensor Mean(Tensor vectors) => vectors.mean([0L], keepdim: true).DetachFromDisposeScope(); // [1, D]

    private sealed record Centre : EmbeddingStep
    {
        internal override Func<Tensor, Tensor> Learn(Tensor vectors)
        {
            var mean = Mean(vectors);
            return any => any - mean;
        }

        public override string ToString() => "subtract mean";
    }

    private sealed record Scale : EmbeddingStep
    {
        internal override Func<Tensor, Tensor> Learn(Tensor vectors)
        {
            var mean = Mean(vectors);
            var deviation = (vectors - mean).square().mean([0L], keepdim: true).sqrt();
            var factor = where(deviation > 1e-7f, deviation.reciprocal(), zeros_like(deviation))
                .DetachFromDisposeScope();
            return any => (any - mean) * factor;
        }

        public override string ToString() => "standardise";
    }

    private sealed record Length : EmbeddingStep
    {
        internal override Func<Tensor, Tensor> Learn(Tensor vectors) =>
            any => any / any.square().sum(1, keepdim: true).sqrt().clamp_min(1e-12f);

        public override string ToString() => "unit length";
    }

    private sealed record Principal(int? Width, bool IsScaled) : EmbeddingStep
    {
        internal override Func<Tensor, Tensor> Learn(Tensor vectors)
        {
            var columns = vectors.shape[1];
            var width = Width ?? (int)columns;
            if (width < 1 || width > columns)
                throw new ArgumentException($"{width} principal directions cannot be had of {columns} columns.");
            var mean = Mean(vectors);
            var centred = (vectors - mean).to(ScalarType.Float64);
            var (variances, directions) = linalg.eigh(centred.t().mm(centred) / vectors.shape[0]); // ascending
            var kept = directions.narrow(1, columns - width, width).flip(1);
            var signs = kept.gather(0, kept.abs().argmax(0, keepdim: true)).sign(); // signs are arbitrary: fixed here
            kept = kept * signs;
            if (IsScaled)
            {
                var strength = variances.narrow(0, columns - width, width).flip(0);
                var floor = variances.max() * 1e-9; // a direction without variance is noise, not to be blown up
                kept = kept * where(strength > floor, strength.clamp_min(1e-30).rsqrt(), zeros_like(strength));
            }
            var map = kept.to(ScalarType.Float32).contiguous().DetachFromDisposeScope();
            return any => (any - mean).mm(map);
        }

        public override string ToString() => $"{(IsScaled ? "whiten" : "project")} {Width?.ToString() ?? "all"}";
    }
}

/// <summary>Steps in a row, learned from some vectors and applied to any, so that new items land in the same space.</summary>
public sealed class EmbeddingSteps : RichObject
{
    private readonly List<Func<Tensor, Tensor>> learned = [];
    private readonly IReadOnlyList<EmbeddingStep> steps;
    private readonly int width;

    private EmbeddingSteps(IReadOnlyList<EmbeddingStep> steps, int width) => (this.steps, this.width) = (steps, width);

    /// <summary>Learns the steps one after the other.</summary>
    /// <param name="vectors">What to learn from, finite.</param>
    /// <param name="steps">The steps in order; none leaves vectors as they are.</param>
    /// <exception cref="ArgumentException">There is no vector, a number is not finite, or a step asks for too many directions.</exception>
    public static EmbeddingSteps Learn(EmbeddingMatrix vectors, params IReadOnlyList<EmbeddingStep> steps)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(steps);
        if (vectors.Rows == 0)
            throw new ArgumentException("There is no vector to learn from.", nameof(vectors));
        var made = new EmbeddingSteps(steps, vectors.Columns);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var now = ToTensor(vectors);
        foreach (var step in steps)
        {
            made.learned.Add(step.Learn(now));
            now = made.learned[^1](now);
        }
        return made;
    }

    /// <summary>Applies the steps.</summary>
    /// <param name="vectors">Vectors of the width that was learned from.</param>
    /// <exception cref="ArgumentException">The width differs, or a number is not finite.</exception>
    public EmbeddingMatrix Apply(EmbeddingMatrix vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Columns != width)
            throw new ArgumentException(
                $"The vectors have {vectors.Columns} columns, the steps were learned from {width}.",
                nameof(vectors)
            );
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var now = learned.Aggregate(ToTensor(vectors), (vectors, step) => step(vectors)).contiguous();
        return new EmbeddingMatrix(vectors.Rows, (int)now.shape[1], now.data<float>().ToArray());
    }

    /// <summary>The steps in words, for records.</summary>
    public override string ToString() => steps.Count == 0 ? "as they are" : string.Join(", ", steps);

    private static Tensor ToTensor(EmbeddingMatrix vectors)
    {
        var values = vectors.Values;
        for (var at = 0; at < values.Length; at++)
            if (!float.IsFinite(values[at]))
                throw new ArgumentException(
                    $"Row {at / vectors.Columns} has {values[at]} in column {at % vectors.Columns}; all numbers must be finite.",
                    nameof(vectors)
                );
        return tensor(values.ToArray(), vectors.Rows, vectors.Columns);
    }
}
