using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>Residual k-means written down plainly with library calls.</summary>
internal static class PlainKMeans
{
    /// <summary>Clusters level after level; returns the mean squared error.</summary>
    public static double Residual(Tensor items, int levels, int codes, int rounds)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var residual = items;
        for (var level = 0; level < levels; level++)
        {
            var centres = PlusPlus(residual, codes);
            for (var round = 0; round < rounds; round++)
            {
                using var inner = NewDisposeScope();
                var labels = cdist(residual, centres).argmin(1);
                var sums = zeros_like(centres).index_add_(0, labels, residual, 1);
                var counts = labels.bincount(null, codes).clamp_min(1).to(float32);
                centres.copy_(sums / counts.unsqueeze(1));
            }
            residual = residual - centres.index_select(0, cdist(residual, centres).argmin(1));
        }
        return residual.square().sum(1).mean().item<float>();
    }

    private static Tensor PlusPlus(Tensor points, int codes)
    {
        var chosen = new List<Tensor> { points[randint(0, points.shape[0], 1).item<long>()] };
        var gaps = (points - chosen[0]).square().sum(1);
        while (chosen.Count < codes)
        {
            using var inner = NewDisposeScope(); // the differences are as large as the points
            var next = points[multinomial(gaps, 1).item<long>()].MoveToOuterDisposeScope();
            chosen.Add(next);
            gaps = minimum(gaps, (points - next).square().sum(1)).MoveToOuterDisposeScope();
        }
        return stack(chosen);
    }
}
