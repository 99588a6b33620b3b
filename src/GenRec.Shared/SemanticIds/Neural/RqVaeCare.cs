using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Neural;

/// <summary>What keeps codebooks alive: their start, running means, and new places for unused codes.</summary>
internal static class RqVaeCare
{
    private const int EncodedAtOnce = 8192;

    /// <summary>Starts each codebook with k-means on what the levels before left of the latent vectors.</summary>
    /// <remarks>A shared codebook gets an equal part of its codes from each level, so that it holds codes of all lengths.</remarks>
    /// <param name="model">The model; its codebooks are written.</param>
    /// <param name="items">Item vectors, <c>[N, D]</c>, on the model's device.</param>
    /// <param name="random">Which items are looked at, and first centres.</param>
    public static void StartWithKMeans(RqVae model, Tensor items, CounterRandom random)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var options = model.Options;
        var residual = Latent(model, Sample(items, options, random)).cpu(); // [n, d]
        var values = NearestCodes.Floats(residual);
        for (var level = 0; level < options.Levels; level++)
        {
            var (first, end) = options.SharedCodebook
                ? (options.Codes * level / options.Levels, options.Codes * (level + 1) / options.Levels)
                : (0, options.Codes);
            if (first == end)
                continue;
            var clustering = options.BoundedStart ? LetterTerms.Bounds((int)residual.shape[0], end - first) : new();
            var clusters = KMeans.Fit(residual, end - first, random.Fork($"level {level}"), clustering);
            var centres = clusters.Centres;
            using var made = NearestCodes.ToTensor(centres.Values, centres.Rows, centres.Columns);
            model.Codebook(level).narrow(0, first, end - first).copy_(made);
            for (var row = 0; row < clusters.Labels.Length; row++)
                NearestCodes.Subtract(
                    values.Slice(row * options.Latent, options.Latent),
                    centres[clusters.Labels[row]]
                );
        }
        if (options.Update != CodebookUpdate.MovingAverage)
            return;
        for (var level = 0; level < options.Levels; level++)
        {
            model.Kept("sum", level).copy_(model.Codebook(level));
            model.Kept("count", level).fill_(1f);
        }
    }

    /// <summary>Latent vectors of many items, in blocks, float32, <c>[N, d]</c>, owned by the caller.</summary>
    public static Tensor Latent(RqVae model, Tensor items)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var rows = items.shape[0];
        var parts = new List<Tensor>();
        for (var start = 0L; start < rows; start += EncodedAtOnce)
            parts.Add(model.Encode(items.narrow(0, start, Math.Min(EncodedAtOnce, rows - start))));
        return cat(parts, 0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Moves running means, counts uses, and gives unused codes a new place where it is time.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The batch whose loss was just computed.</param>
    /// <param name="step">The update, counted from 1.</param>
    /// <param name="random">Which residuals unused codes move to.</param>
    public static void AfterBatch(RqVae model, RqVaeBatch batch, long step, CounterRandom random)
    {
        var options = model.Options;
        var isLook = options.ResetEverySteps > 0 && step % options.ResetEverySteps == 0;
        if (options.Update == CodebookUpdate.Gradient && options.ResetEverySteps == 0)
            return;
        using var none = no_grad();
        using var scope = NewDisposeScope();
        for (var level = 0; level < options.Levels; level++)
        {
            var counts = batch.Codes[level].bincount(null, options.Codes).to(ScalarType.Float32); // [K]
            if (options.Update == CodebookUpdate.MovingAverage)
                Average(model, level, batch.Codes[level], batch.Residuals[level], counts);
            model.Kept("uses", level).add_(counts);
            if (!isLook || (options.SharedCodebook && level + 1 < options.Levels))
                continue;
            var places = options.SharedCodebook ? cat(batch.Residuals, 0) : batch.Residuals[level];
            Reset(model, level, places, random.At((ulong)step, (ulong)level));
            model.Kept("uses", level).zero_();
        }
    }

    /// <summary>
    /// <c>n_k = g n_k + (1 - g) |S_k|, s_k = g s_k + (1 - g) sum of S_k, e_k = s_k / n_k</c>, counts smoothed by 1e-5 as in
    /// kakaobrain/rq-vae-transformer.
    /// </summary>
    private static void Average(RqVae model, int level, Tensor codes, Tensor residuals, Tensor counts)
    {
        const double Smoothing = 1e-5;
        using Scalar decay = model.Options.Decay,
            rest = 1 - model.Options.Decay;
        var (count, sum) = (model.Kept("count", level), model.Kept("sum", level));
        var sums = zeros_like(sum).index_add_(0, codes, residuals, 1);
        count.mul_(decay).add_(counts * rest);
        sum.mul_(decay).add_(sums * rest);
        var total = count.sum();
        using Scalar small = Smoothing,
            all = Smoothing * model.Options.Codes;
        var smoothed = (count + small) / (total + all) * total;
        model.Codebook(level).copy_(sum / smoothed.unsqueeze(1));
    }

    /// <summary>Puts each unused code on a random residual of the batch; no two on the same while there are enough.</summary>
    private static void Reset(RqVae model, int level, Tensor residuals, CounterDraw draw)
    {
        using var uses = model.Kept("uses", level).cpu();
        var unused = new List<long>();
        var counts = NearestCodes.Floats(uses);
        for (var code = 0; code < counts.Length; code++)
            if (counts[code] < model.Options.ResetBelow)
                unused.Add(code);
        if (unused.Count == 0)
            return;
        var rows = Enumerable.Range(0, (int)residuals.shape[0]).Select(row => (long)row).ToArray();
        new CounterRandom(draw.UInt64).Shuffle(rows.AsSpan(), stream: 0);
        var places = unused.Select((_, at) => rows[at % rows.Length]).ToArray();
        var index = tensor(unused.ToArray(), device: residuals.device);
        var vectors = residuals.index_select(0, tensor(places, device: residuals.device)); // [unused, d]
        if (places.Length > rows.Length) // kakaobrain adds noise where a batch has fewer rows than codes are needed
            vectors = vectors + randn_like(vectors) * (float)(0.01 / Math.Sqrt(model.Options.Latent));
        model.Codebook(level).index_copy_(0, index, vectors);
        if (model.Options.Update != CodebookUpdate.MovingAverage)
            return;
        model.Kept("sum", level).index_copy_(0, index, vectors);
        model.Kept("count", level).index_fill_(0, index, 1f);
    }

    private static Tensor Sample(Tensor items, RqVaeOptions options, CounterRandom random)
    {
        var count = (int)items.shape[0];
        var wanted = options.KMeansItems == 0 ? count : Math.Min(count, Math.Max(options.KMeansItems, options.Codes));
        if (wanted == count)
            return items;
        var order = Enumerable.Range(0, count).Select(row => (long)row).ToArray();
        random.Shuffle(order.AsSpan(), stream: 1);
        return items.index_select(0, tensor(order[..wanted], device: items.device));
    }
}
