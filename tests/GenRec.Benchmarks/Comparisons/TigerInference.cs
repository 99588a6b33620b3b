using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Recommending to Beauty's users with TIGER at beam 20: ours against the reference way, written for TorchSharp.</summary>
internal sealed class TigerInference : IPeerComparison
{
    private const int Beams = 20;
    private const int UsersAtOnce = 64;

    public string Name => "tiger-inference";

    public string Unit => "users/s";

    public string EqualWork =>
        $"the {Beams} best items of one of Beauty's test users under the trie by beam search, {UsersAtOnce} users a step, equal weights; "
        + "users sorted by the length of their histories on both sides; the peer pads to the longest of the batch";

    public double? Goal => 5;

    public string? Unavailable(BenchmarkOptions options) => BeamWorkload.Unavailable(options);

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var work = TigerWorkload.Load(options);
        var model = work.MakeModel(options);
        model.eval();
        var recommender = new TigerRecommender(model, Beams);
        var cases = SortedCases.Of(work.Split.Test);
        var step = 0;
        return new StepSide(
            () =>
            {
                using var scope = NewDisposeScope();
                var users = cases.Batch(step++, UsersAtOnce);
                return recommender.Recommend(users, Beams).Items.cpu().shape[0];
            },
            recommender,
            model
        );
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        set_num_threads(options.Threads);
        var work = TigerWorkload.Load(options);
        using var model = work.MakeModel(options);
        var sizes = model.T5.Options with { Precision = Precision.Float32 };
        var codes = BeamWorkload.CodesOf(work.Ids.ItemCount, options);
        var search = new BeamReference(
            new T5Reference(T5ReferenceWeights.Of(model.T5), sizes),
            sizes,
            codes,
            model.Tokens.Layout
        );
        var (tokens, cases, step) = (model.Tokens, SortedCases.Of(work.Split.Test), 0);
        return new StepSide(() =>
        {
            var users = cases.Batch(step++, UsersAtOnce);
            var inputs = Enumerable
                .Range(0, users.Count)
                .Select(row => tokens.Input(users[row], TigerWorkload.Model.MaxItems))
                .ToArray();
            search.Run(inputs, Beams);
            return users.Count;
        });
    }
}
