using GenRec.Shared.Data.Importers;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Harness;

/// <summary>Vectors of the kind sentence encoders give: clusters within clusters, and noise.</summary>
internal static class SyntheticVectors
{
    /// <summary>Makes vectors of length about 1.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="columns">Their width.</param>
    /// <param name="seed">Equal seeds give equal vectors.</param>
    public static EmbeddingMatrix Make(int rows, int columns, int seed)
    {
        manual_seed(seed).Dispose();
        using var scope = NewDisposeScope();
        var made = randn(rows, columns) * 0.5f;
        foreach (var (clusters, size) in new[] { (40, 1f), (400, 0.7f), (3000, 0.6f) })
            made += (randn(clusters, columns) * size).index_select(0, randint(0, clusters, rows, dtype: int64));
        made /= made.norm(1, keepdim: true, p: 2f);
        return new EmbeddingMatrix(rows, columns, made.data<float>().ToArray());
    }
}
