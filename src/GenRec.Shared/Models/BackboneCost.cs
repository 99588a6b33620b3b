using GenRec.Shared.Data;
using GenRec.Shared.Display;

namespace GenRec.Shared.Models;

/// <summary>
/// What a shape costs: multiply-accumulates of one row, counted from the sizes of its products; norms, activations and the
/// softmax are left out, as is padding, which packing hardly has.
/// </summary>
/// <param name="History">Of reading the history.</param>
/// <param name="Writing">Of writing the codes of all targets of the row.</param>
/// <param name="Vocabulary">Of the logits.</param>
/// <param name="Targets">Items the row writes.</param>
public sealed record BackboneCost(double History, double Writing, double Vocabulary, int Targets) : RichRecord
{
    /// <summary>Multiply-accumulates of a forward pass.</summary>
    public double Forward => History + Writing + Vocabulary;

    /// <summary>Floating-point operations of forward and backward pass for one target: six a multiply-accumulate.</summary>
    public double TrainingFlopsPerTarget => 6 * Forward / Targets;

    /// <summary>The share of a pass that is spent on writing rather than reading; OneRec-V2, Table 1.</summary>
    public double WritingShare => (Writing + Vocabulary) / Forward;

    /// <summary>Floating-point operations of an update: forward and backward pass over a batch of a training set's own lengths.</summary>
    /// <param name="options">The shape and its batches.</param>
    /// <param name="levels">m, codes of an item.</param>
    /// <param name="vocabulary">V, tokens.</param>
    /// <param name="train">At least one user with two items.</param>
    /// <exception cref="ArgumentException">No user has two items.</exception>
    public static double TrainingFlopsPerUpdate(BackboneOptions options, int levels, int vocabulary, Interactions train)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(train);
        var pieces = BackboneBatcher.Pieces(train, options).CountBy(piece => piece.End - piece.First);
        var costs = pieces.Select(piece => (piece.Value, Cost: Of(options, levels, vocabulary, piece.Key))).ToArray();
        if (costs.Length == 0)
            throw new ArgumentException($"None of the {train.Users} users has two items.", nameof(train));
        return options.BatchTargets
            * costs.Sum(piece => 6 * piece.Cost.Forward * piece.Value)
            / costs.Sum(piece => (double)piece.Cost.Targets * piece.Value);
    }

    /// <summary>Counts one row of training.</summary>
    /// <param name="options">The shape.</param>
    /// <param name="levels">m, codes of an item.</param>
    /// <param name="vocabulary">V, tokens.</param>
    /// <param name="items">Items of the row, at least 2: the last is written, and under EveryItem all but the first are.</param>
    public static BackboneCost Of(BackboneOptions options, int levels, int vocabulary, int items)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 2);
        options.Validate();
        double width = options.Width;
        double inner = options.Heads * options.HeadWidth;
        double keys = options.KeyValueHeads * options.HeadWidth;
        var feedForward = 3 * width * options.FeedForward;
        var self = 2 * width * inner + 2 * width * keys; // query, output, keys and values of a cell
        var read = items - 1; // items that are read
        var perItem = options.Input == HistoryInput.FlatTokens ? levels : 1;
        double cells = options.IsOneStream ? items * levels - 1 : read * perItem;
        var targets = options.Supervision == Supervision.EveryItem ? items - 1 : 1;
        var pairs = options.History == AttentionDirection.Causal ? cells * (cells + 1) / 2 : cells * cells;
        var history = options.HistoryLayers * (cells * (self + feedForward) + pairs * 2 * inner);
        if (options.Input == HistoryInput.ItemVectors)
            history += cells * levels * width * width;
        if (options.Writer == CodeWriter.LazyCrossAttention)
            history += cells * width * keys * options.LazySets * options.LazySplit;
        var block = levels * (levels + 1) / 2.0; // pairs among the codes of one item
        var writing = options.Writer switch
        {
            CodeWriter.SameStack when options.IsOneStream => 0,
            CodeWriter.SameStack => options.HistoryLayers
                * (
                    (levels - 1) * (self + feedForward)
                    + ((levels - 1) * cells + levels * (levels - 1) / 2.0) * 2 * inner
                ),
            CodeWriter.ParallelHeads => targets * levels * width * width,
            _ => options.WriterLayers * targets * (levels * (self + feedForward) + block * 2 * inner),
        };
        if (options.Writer is CodeWriter.CrossAttention or CodeWriter.LazyCrossAttention)
        {
            // Each target reads the cells before it; keys and values of a projected reading are made once a cell.
            var seen = targets == 1 ? cells : perItem * (targets * (targets + 1) / 2.0);
            writing += options.WriterLayers * (targets * levels * 2 * width * inner + seen * levels * 2 * inner);
            if (options.Writer == CodeWriter.CrossAttention)
                history += options.WriterLayers * cells * 2 * width * keys;
        }
        return new BackboneCost(history, writing, targets * levels * width * vocabulary, targets);
    }
}

/// <summary>Finds sizes at which two shapes are equal, so that what differs is the shape.</summary>
public static class BackboneMatch
{
    private const int Granularity = 4;

    /// <summary>Trained numbers outside the code table.</summary>
    /// <param name="options">The shape.</param>
    /// <param name="levels">m, codes of an item.</param>
    public static long BodyParameters(BackboneOptions options, int levels)
    {
        ArgumentNullException.ThrowIfNull(options);
        long width = options.Width;
        long inner = options.Heads * options.HeadWidth;
        long keys = options.KeyValueHeads * options.HeadWidth;
        var block = 2 * width * inner + 2 * width * keys + 3 * width * options.FeedForward + 2 * width;
        var total = options.HistoryLayers * block + (options.HistoryLayers > 0 ? width : 0);
        var cross = options.Writer switch
        {
            CodeWriter.CrossAttention => 2 * width * inner + 2 * width * keys + width,
            CodeWriter.LazyCrossAttention => 2 * width * inner + width,
            _ => 0,
        };
        total += options.WriterLayers * (block + cross) + (options.WriterLayers > 0 ? width : 0);
        if (options.Input == HistoryInput.ItemVectors)
            total += levels * width * width;
        if (options.Writer == CodeWriter.ParallelHeads)
            total += levels * width * width;
        if (options.Writer == CodeWriter.LazyCrossAttention)
            total += width + width * keys * options.LazySets * options.LazySplit;
        return total;
    }

    /// <summary>The same shape with the inner width of its networks at which it has a number of parameters.</summary>
    /// <param name="options">The shape.</param>
    /// <param name="levels">m, codes of an item.</param>
    /// <param name="parameters">Wanted, outside the code table.</param>
    /// <exception cref="ArgumentException">Attention alone has more; says how many.</exception>
    public static BackboneOptions WithParameters(BackboneOptions options, int levels, long parameters)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (least, next) = (With(Granularity), With(2 * Granularity));
        var step = next - least;
        var wanted = Granularity * (1 + (int)Math.Round((double)(parameters - least) / step));
        if (wanted < Granularity)
            throw new ArgumentException(
                $"{options.Writer} with {options.HistoryLayers} + {options.WriterLayers} layers of width {options.Width} has "
                    + $"{least:N0} parameters at the least, more than {parameters:N0}: take fewer layers.",
                nameof(parameters)
            );
        return options with { FeedForward = wanted };

        long With(int feedForward) => BodyParameters(options with { FeedForward = feedForward }, levels);
    }

    /// <summary>Updates after which a shape has spent a number of floating-point operations.</summary>
    /// <param name="options">The shape; its batch is counted in targets.</param>
    /// <param name="levels">m, codes of an item.</param>
    /// <param name="vocabulary">V, tokens.</param>
    /// <param name="items">Items of a typical row.</param>
    /// <param name="flops">The budget.</param>
    public static long Steps(BackboneOptions options, int levels, int vocabulary, int items, double flops)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(flops);
        var step = options.BatchTargets * BackboneCost.Of(options, levels, vocabulary, items).TrainingFlopsPerTarget;
        return Math.Max(1, (long)(flops / step));
    }
}
