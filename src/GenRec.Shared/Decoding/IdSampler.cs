using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Draws ids in proportion to their probability, for any decoder that goes token by token.</summary>
/// <remarks>
/// The tokens that may be drawn share all probability. Scores are the model's own log-probabilities, whatever the temperature,
/// so that samples and beams can be compared.
/// </remarks>
public sealed class IdSampler : RichObject
{
    private readonly TrieView view;
    private readonly SamplingOptions options;

    /// <summary>Makes a sampler; each run draws anew from the seed.</summary>
    /// <param name="view">The items that may be drawn.</param>
    /// <param name="options">How they are drawn.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public IdSampler(TrieView view, SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.view, this.options) = (view, options);
    }

    /// <summary>Draws ids.</summary>
    /// <param name="decoder">A decoder that has read the histories and not started yet; not disposed here.</param>
    /// <param name="exclusion">What single users may not be shown, made by the same view; null: nothing.</param>
    /// <returns>
    /// The ids in the order they were drawn, owned by the caller. Independent draws may repeat an id; <see cref="GeneratedIds.ToItems"/>
    /// names each item once.
    /// </returns>
    public GeneratedIds Run(IStepDecoder decoder, UserExclusion? exclusion = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        BeamSearch.CheckExclusion(exclusion, view, decoder.Users);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var device = view.Trie.Device;
        using var generator = new Generator((ulong)options.Seed, device);
        var finder = new CandidateFinder(view, options.Constraint, renormalise: false);
        var excluded = exclusion?.Leaves.unsqueeze(1); // [B, 1, E]
        var beams = Beams.AtRoot(decoder.Users, device);
        var noise = zeros(decoder.Users, 1, dtype: ScalarType.Float32, device: device); // G of stochastic beams
        var phi = zeros_like(noise); // log-probability under the distribution drawn from
        var logits = decoder.Start();
        for (var level = 0; level < view.Trie.Depth; level++)
        {
            using var step = NewDisposeScope();
            var candidates = finder.Find(level, beams.States, finder.Values(logits), excluded);
            var drawn = (candidates.LogProbabilities / options.Temperature).log_softmax(-1); // of what may be drawn
            drawn = where(candidates.LogProbabilities.eq(float.NegativeInfinity), float.NegativeInfinity, drawn);
            Tensor parents,
                slots;
            if (options.WithoutReplacement)
                (parents, slots, noise, phi) = DrawDistinct(drawn, noise, phi, generator);
            else
                (parents, slots) = Draw(drawn, level == 0, generator);
            var (tokens, states) = candidates.Choose(parents, slots, beams.States, view.Trie);
            var place = parents * candidates.PerBeam + slots;
            var gained = candidates.LogProbabilities.view(parents.shape[0], -1).gather(1, place);
            beams = beams.Continue(parents, tokens, beams.Scores.gather(1, parents) + gained, states);
            if (level + 1 < view.Trie.Depth)
                logits = decoder.Next(tokens, parents).MoveToOuterDisposeScope();
            beams.MoveToOuterDisposeScope();
            noise.MoveToOuterDisposeScope();
            phi.MoveToOuterDisposeScope();
        }
        return new GeneratedIds(
            view,
            exclusion,
            beams.Tokens.DetachFromDisposeScope(),
            beams.Scores.DetachFromDisposeScope(),
            beams.States.DetachFromDisposeScope()
        );
    }

    /// <summary>One token of each sample.</summary>
    private (Tensor Parents, Tensor Slots) Draw(Tensor logProbabilities, bool fromRoot, Generator generator)
    {
        var (batch, width, slots) = (logProbabilities.shape[0], options.Samples, logProbabilities.shape[2]);
        var (sorted, order) = logProbabilities.sort(-1, descending: true, stable: true);
        var probabilities = sorted.exp(); // [B, W, K]
        if (options.TopP < 1)
            probabilities = probabilities.masked_fill((probabilities.cumsum(-1) - probabilities).ge(options.TopP), 0f);
        // A sample without a legal token takes any; its score is minus infinity.
        probabilities[.., .., 0] = where(probabilities.sum([-1]).eq(0), 1f, probabilities[.., .., 0]);
        var rows = probabilities.view(-1, slots);
        var picked = rows.multinomial(fromRoot ? width : 1, replacement: true, generator: generator)
            .view(batch, width, 1);
        var choice = order.expand(batch, width, slots).gather(-1, picked).squeeze(-1); // [B, W]
        var parents = fromRoot
            ? zeros_like(choice)
            : arange(width, dtype: ScalarType.Int64, device: choice.device).expand(batch, width).contiguous();
        return (parents, choice);
    }

    /// <summary>Stochastic beams: the largest perturbed log-probabilities, each beam's largest being the beam's own.</summary>
    private (Tensor Parents, Tensor Slots, Tensor Noise, Tensor Phi) DrawDistinct(
        Tensor logProbabilities,
        Tensor noise,
        Tensor phi,
        Generator generator
    )
    {
        var (batch, width, slots) = (logProbabilities.shape[0], logProbabilities.shape[1], logProbabilities.shape[2]);
        var total = phi.unsqueeze(-1) + logProbabilities; // [B, W, K]
        var perturbed = total - empty_like(total).exponential_(1, generator).log_();
        var largest = perturbed.amax([-1], keepdim: true);
        var own = noise.unsqueeze(-1);
        // Conditioned on the largest being the beam's own, in the form that stays finite (appendix of the paper).
        var v = own - perturbed + (perturbed - largest).exp().neg().log1p();
        var conditioned = own - v.clamp_min(0) - v.abs().neg().exp().log1p();
        conditioned = conditioned.nan_to_num(float.NegativeInfinity, 0, float.NegativeInfinity);
        conditioned = where(total.eq(float.NegativeInfinity), float.NegativeInfinity, conditioned);
        var (next, places) = TotalOrder.Best(
            conditioned.view(batch, -1),
            (int)Math.Min(options.Samples, width * slots)
        );
        var parents = places.div(slots, RoundingMode.floor);
        return (parents, places - parents * slots, next, total.view(batch, -1).gather(1, places));
    }
}
