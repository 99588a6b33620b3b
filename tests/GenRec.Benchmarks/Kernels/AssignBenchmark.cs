using BenchmarkDotNet.Attributes;
using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Kernels;

/// <summary>Codes of 12,101 vectors of width 768 from three codebooks of 256: distances by operators against products with a minimum in cache.</summary>
public class AssignBenchmark : KernelBenchmark
{
    private const int Width = 768;
    private EmbeddingMatrix vectors = null!;
    private ResidualCodebooks codebooks = null!;
    private Tensor items = null!;
    private Tensor[] books = null!;

    [Benchmark(Baseline = true, Description = "distances, argmin, gather")]
    public long Operators()
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (residual, codes) = (items, (Tensor?)null);
        foreach (var book in books)
        {
            codes = cdist(residual, book).argmin(-1);
            residual = residual - book.index_select(0, codes);
        }
        return codes![0].item<long>();
    }

    [Benchmark(Description = "ResidualCodebooks.Assign")]
    public int Ours() => codebooks.Assign(vectors)[^1];

    [GlobalCleanup]
    public void Cleanup()
    {
        codebooks.Dispose();
        items.Dispose();
        foreach (var book in books)
            book.Dispose();
    }

    protected override void Prepare()
    {
        vectors = SyntheticVectors.Make(12_101, Width, Options.Seed);
        var made = Enumerable
            .Range(1, 3)
            .Select(level => SyntheticVectors.Make(256, Width, Options.Seed + level))
            .ToArray();
        codebooks = new ResidualCodebooks(made);
        items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        books = [.. made.Select(book => tensor(book.Values.ToArray(), book.Rows, book.Columns))];
    }
}
