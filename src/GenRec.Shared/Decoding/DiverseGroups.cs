using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Selection of diverse beam search: later groups pay for tokens that earlier groups chose in the same step.</summary>
internal static class DiverseGroups
{
    /// <summary>The best of each group.</summary>
    /// <param name="total">Score of each candidate, <c>[B, W, K]</c>; a group's beams lie side by side.</param>
    /// <param name="candidates">Their tokens.</param>
    /// <param name="options">Width, groups and penalty.</param>
    /// <param name="times">
    /// So many times as many are given, best first within a group, for a caller who will drop some; the penalty counts those that
    /// would stay.
    /// </param>
    /// <returns>Scores without the penalty and places in <c>W K</c>, <c>[B, W']</c>, as many of each group.</returns>
    public static (Tensor Scores, Tensor Places) Best(
        Tensor total,
        Candidates candidates,
        BeamOptions options,
        int times = 1
    )
    {
        var (batch, width, slots) = (total.shape[0], total.shape[1], total.shape[2]);
        var tokens = Tokens(candidates, total); // [B, W, K]
        var vocabulary = tokens.max().item<long>() + 1;
        var chosen = zeros(batch, vocabulary, dtype: ScalarType.Float32, device: total.device);
        var fromRoot = width == 1; // all groups start from the one beam there is
        var perGroup = options.Width / options.Groups;
        var before = fromRoot ? 1 : width / options.Groups;
        var keep = (int)Math.Min(perGroup * times, before * slots);
        var (scores, places) = (new List<Tensor>(), new List<Tensor>());
        for (var group = 0; group < options.Groups; group++)
        {
            var start = fromRoot ? 0 : group * before;
            var part = total.narrow(1, start, before).reshape(batch, before * slots);
            var partTokens = tokens.narrow(1, start, before).reshape(batch, before * slots);
            var (_, place) = TotalOrder.Best(part - chosen.gather(1, partTokens) * options.DiversityPenalty, keep);
            scores.Add(part.gather(1, place));
            places.Add(place + start * slots);
            var picked = partTokens.gather(1, place).narrow(1, 0, Math.Min(perGroup, keep));
            chosen.scatter_add_(1, picked, ones_like(picked, dtype: ScalarType.Float32));
        }
        return (cat([.. scores], 1), cat([.. places], 1));
    }

    private static Tensor Tokens(Candidates candidates, Tensor total)
    {
        if (candidates.Tokens is { } tokens && tokens.dim() == 3)
            return tokens;
        var all = candidates.Tokens ?? arange(total.shape[2], dtype: ScalarType.Int64, device: total.device);
        return all.view(1, 1, -1).expand(total.shape);
    }
}
