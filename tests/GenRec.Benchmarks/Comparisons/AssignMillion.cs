using GenRec.Benchmarks.Harness;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Giving a million latent vectors their codes, against the matrix products alone that this needs.</summary>
internal sealed class AssignMillion(string name, int width, int rows) : IPeerComparison
{
    private const int Levels = 3;
    private const int Codes = 256;
    private const int BlockRows = 1024; // the products of a block fit into the cache; larger blocks are slower

    /// <summary>RQ-VAE's latent vectors: little to multiply, so that everything else shows.</summary>
    public static AssignMillion Latent { get; } = new("assign-million", 32, 1_000_000);

    /// <summary>Vectors as sentence encoders give them.</summary>
    public static AssignMillion Text { get; } = new("assign-million-768", 768, 250_000);

    public string Name => name;

    public string Unit => "items/s";

    public string EqualWork =>
        $"{rows:N0} vectors of width {width} times {Levels} codebooks of {Codes}; the peer does the products and nothing else";

    public double? Goal => 1 / 1.5;

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var (vectors, books) = Prepare(options);
        var codebooks = new ResidualCodebooks(books);
        return new StepSide(
            () =>
            {
                codebooks.Assign(vectors);
                return vectors.Rows;
            },
            codebooks
        );
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var (vectors, books) = Prepare(options);
        var items = tensor(vectors.Values.ToArray(), vectors.Rows, vectors.Columns);
        var transposed = books
            .Select(book => tensor(book.Values.ToArray(), book.Rows, book.Columns).t().contiguous())
            .ToArray();
        return new StepSide(
            () =>
            {
                using var none = no_grad();
                for (var start = 0; start < vectors.Rows; start += BlockRows)
                {
                    using var scope = NewDisposeScope();
                    var block = items.narrow(0, start, Math.Min(BlockRows, vectors.Rows - start));
                    foreach (var book in transposed)
                        block.mm(book);
                }
                return vectors.Rows;
            },
            [items, .. transposed]
        );
    }

    private (EmbeddingMatrix Vectors, EmbeddingMatrix[] Books) Prepare(BenchmarkOptions options) =>
        (
            SyntheticVectors.Make(options.Synthetic ? 20_000 : rows, width, options.Seed),
            [.. Enumerable.Range(0, Levels).Select(level => SyntheticVectors.Make(Codes, width, options.Seed + level))]
        );
}
