using GenRec.Benchmarks.Harness;
using GenRec.Benchmarks.Reference;
using GenRec.Shared.Decoding;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>Searching whole sessions with OneRec: ours against the reference way, written for TorchSharp.</summary>
internal sealed class SessionBeam : IPeerComparison
{
    public string Name => "session-beam";

    public string Unit => "users/s";

    public string EqualWork =>
        $"the {OneRecWorkload.Beams} best sessions of 5 videos with 3 codes each under the trie, no video twice, by beam search, "
        + $"{OneRecWorkload.Users} users a step, equal weights and histories of at most 50 videos; the peer pads to the longest history, copies encoder states "
        + "and caches for each beam, asks a trie of dictionaries for each beam and masks the whole vocabulary, in float32";

    public double? Goal => 5;

    public IComparisonSide Ours(BenchmarkOptions options)
    {
        Compute.UseThreads(options.Threads);
        var work = OneRecWorkload.Load(options);
        var model = work.MakeModel(options, OneRecWorkload.Served);
        model.eval();
        var step = 0;
        return new StepSide(
            () =>
            {
                using var scope = NewDisposeScope();
                using var found = model.Generate(
                    work.HistoriesAt(step++),
                    OneRecWorkload.Beams,
                    groups: 1,
                    SessionIdentity.SameOrder
                );
                return found.Items.cpu().shape[0];
            },
            model
        );
    }

    public IComparisonSide Peer(BenchmarkOptions options)
    {
        set_num_threads(options.Threads);
        var work = OneRecWorkload.Load(options);
        using var model = work.MakeModel(options, OneRecWorkload.Served);
        var search = SessionReference.Of(model);
        var step = 0;
        return new StepSide(() =>
        {
            search.Run(work.HistoriesAt(step++), OneRecWorkload.Beams);
            return OneRecWorkload.Users;
        });
    }
}
