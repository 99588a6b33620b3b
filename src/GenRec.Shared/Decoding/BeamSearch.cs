using System.Diagnostics;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Beam search over the ids of a catalogue, for any decoder that goes token by token.</summary>
/// <remarks>
/// All beams of all users move together. Scores are sums of log-probabilities in float32; ties go to the better beam and then
/// to the smaller token. With at least as many beams as ids the result is the exact ranking.
/// </remarks>
public sealed class BeamSearch : RichObject
{
    private readonly TrieView view;
    private readonly BeamOptions options;

    /// <summary>Makes a search; it keeps no state between runs.</summary>
    /// <param name="view">The items that may be found.</param>
    /// <param name="options">How the search goes.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public BeamSearch(TrieView view, BeamOptions options)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.view, this.options) = (view, options);
    }

    /// <summary>The items that may be found.</summary>
    public TrieView View => view;

    /// <summary>How the search goes.</summary>
    public BeamOptions Options => options;

    /// <summary>Generates ids.</summary>
    /// <param name="decoder">A decoder that has read the histories and not started yet; not disposed here.</param>
    /// <param name="exclusion">What single users may not be shown, made by the same view; null: nothing.</param>
    /// <param name="times">Where the time goes is added to it; null spares the measuring.</param>
    /// <returns>
    /// At most W ids a user, best first, owned by the caller. Where fewer ids are legal, the rest has the score negative infinity.
    /// </returns>
    /// <exception cref="ArgumentException">The exclusion belongs to another view or batch.</exception>
    /// <exception cref="InvalidOperationException">The decoder's logits do not fit the trie.</exception>
    public GeneratedIds Run(IStepDecoder decoder, UserExclusion? exclusion = null, DecodingTimes? times = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        CheckExclusion(exclusion, view, decoder.Users);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var finder = new CandidateFinder(view, options.Constraint, options.Renormalise);
        var host = HostSelection.For(view, options.Constraint, options.Renormalise, options.Groups);
        var beams = Beams.AtRoot(decoder.Users, view.Trie.Device);
        var excluded = exclusion?.Leaves.unsqueeze(1); // [B, 1, E]
        var logits = Timed(times, DecodingPart.Model, decoder.Start);
        for (var level = 0; level < view.Trie.Depth; level++)
        {
            using var step = NewDisposeScope();
            var (next, parents) =
                host is not null && HostSelection.Fits(logits)
                    ? Choose(host, finder, level, beams, logits, excluded, times)
                    : Choose(finder, level, beams, logits, excluded, times);
            (beams, logits) = (
                next,
                level + 1 < view.Trie.Depth
                    ? Timed(times, DecodingPart.Model, () => decoder.Next(next.Last, parents)).MoveToOuterDisposeScope()
                    : logits
            );
            beams.MoveToOuterDisposeScope();
        }
        return Finish(beams, exclusion);
    }

    /// <summary>The best W continuations, found in plain loops.</summary>
    private (Beams Next, Tensor Parents) Choose(
        HostSelection host,
        CandidateFinder finder,
        int level,
        Beams beams,
        Tensor logits,
        Tensor? excluded,
        DecodingTimes? times
    )
    {
        finder.Check(level, beams.States, logits);
        var normalisers = Timed(times, DecodingPart.Selection, () => HostSelection.Normalisers(logits));
        var choice = Timed(
            times,
            DecodingPart.Constraint, // the best are kept while legal tokens are found: one pass
            () => host.Choose(level, beams, logits, normalisers, excluded, options.Width)
        );
        return Timed(times, DecodingPart.Selection, () => (HostSelection.Continue(beams, choice), choice.Parents));
    }

    /// <summary>The best W continuations, found by operators.</summary>
    private (Beams Next, Tensor Parents) Choose(
        CandidateFinder finder,
        int level,
        Beams beams,
        Tensor logits,
        Tensor? excluded,
        DecodingTimes? times
    )
    {
        var values = Timed(times, DecodingPart.Selection, () => finder.Values(logits));
        var candidates = Timed(
            times,
            DecodingPart.Constraint,
            () => finder.Find(level, beams.States, values, excluded)
        );
        return Timed(times, DecodingPart.Selection, () => Choose(beams, candidates));
    }

    /// <summary>The best W continuations; of each group, where there are groups.</summary>
    private (Beams Next, Tensor Parents) Choose(Beams beams, Candidates candidates)
    {
        var total = beams.Scores.unsqueeze(-1) + candidates.LogProbabilities; // [B, W, K]
        var (scores, places) =
            options.Groups == 1
                ? TotalOrder.Best(
                    total.view(total.shape[0], -1),
                    (int)Math.Min(options.Width, total.shape[1] * total.shape[2])
                )
                : DiverseGroups.Best(total, candidates, options);
        var parents = places.div(candidates.PerBeam, RoundingMode.floor);
        var slots = places - parents * candidates.PerBeam;
        var (tokens, states) = candidates.Choose(parents, slots, beams.States, view.Trie);
        return (beams.Continue(parents, tokens, scores, states), parents);
    }

    private GeneratedIds Finish(Beams beams, UserExclusion? exclusion)
    {
        var (tokens, scores, states) = (beams.Tokens, beams.Scores, beams.States);
        if (options.LengthPenalty > 0 && !view.Trie.IsUniform)
            scores /= view.Trie.LengthOf(states).to_type(ScalarType.Float32).pow(options.LengthPenalty);
        if (options.Groups > 1 || options.LengthPenalty > 0)
        {
            (scores, var order) = TotalOrder.Best(scores, (int)scores.shape[1]);
            states = states.gather(1, order);
            tokens = tokens.gather(1, order.unsqueeze(-1).expand(tokens.shape));
        }
        return new GeneratedIds(
            view,
            exclusion,
            tokens.DetachFromDisposeScope(),
            scores.DetachFromDisposeScope(),
            states.DetachFromDisposeScope()
        );
    }

    internal static void CheckExclusion(UserExclusion? exclusion, TrieView view, int users)
    {
        if (exclusion is null)
            return;
        if (exclusion.View != view)
            throw new ArgumentException("The exclusion was made by another view.", nameof(exclusion));
        if (exclusion.Users != users)
            throw new ArgumentException(
                $"The exclusion is for {exclusion.Users} users, the batch has {users}.",
                nameof(exclusion)
            );
    }

    private static T Timed<T>(DecodingTimes? times, DecodingPart part, Func<T> act)
    {
        if (times is null)
            return act();
        var start = Stopwatch.GetTimestamp();
        var result = act();
        times.Add(part, Stopwatch.GetElapsedTime(start));
        return result;
    }
}

/// <summary>The beams of all users between two steps.</summary>
/// <param name="Tokens">What they have chosen, <c>[B, W, t]</c>, int64.</param>
/// <param name="Scores">Log-probabilities, <c>[B, W]</c>, float32.</param>
/// <param name="States">States of the trie, <c>[B, W]</c>, int64.</param>
/// <param name="Last">Newest tokens, <c>[B, W]</c>, int64.</param>
internal sealed record Beams(Tensor Tokens, Tensor Scores, Tensor States, Tensor Last)
{
    /// <summary>One beam a user, in front of the first token.</summary>
    public static Beams AtRoot(int users, Device device)
    {
        var none = zeros(users, 1, dtype: ScalarType.Int64, device: device);
        return new Beams(
            empty(users, 1, 0, dtype: ScalarType.Int64, device: device),
            zeros(users, 1, dtype: ScalarType.Float32, device: device),
            none,
            none
        );
    }

    public Beams Continue(Tensor parents, Tensor tokens, Tensor scores, Tensor states)
    {
        var before = Tokens.gather(
            1,
            parents.unsqueeze(-1).expand(parents.shape[0], parents.shape[1], Tokens.shape[2])
        );
        return new Beams(cat([before, tokens.unsqueeze(-1)], -1), scores, states, tokens);
    }

    public void MoveToOuterDisposeScope()
    {
        foreach (var tensor in new[] { Tokens, Scores, States, Last })
            tensor.MoveToOuterDisposeScope();
    }
}
