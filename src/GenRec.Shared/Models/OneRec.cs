using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Models;

/// <summary>
/// OneRec: an encoder reads the codes of what a user engaged with, a decoder with many experts writes a whole session. Deng et
/// al., "OneRec: Unifying Retrieve and Rank with Generative Recommender and Iterative Preference Alignment", arXiv:2502.18965,
/// section 3.2.
/// </summary>
/// <remarks>
/// The decoder reads <c>BOS, s_1^1 .. s_1^L, BOS, s_2^1 ..</c>, one BOS before every item, <c>m (L + 1)</c> positions, and learns
/// from the <c>m L</c> codes: <c>L_NTP = -sum_i sum_j log P(s_i^(j+1) | BOS, s_1^1 .., BOS, s_i^1 .. s_i^j; H)</c>. Differs from the
/// paper where that is silent: experts stand behind T5's norm, as all its networks; the training loss is the mean over
/// codes instead of their sum; training computes no padding (<see cref="LengthGroups"/>). With m = 1 it is the point-wise model of
/// equal size that the paper's first comparison asks for.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class OneRec : nn.Module<OneRecBatch, Tensor>, ISessionPolicy, ICodeEntropies, IRichValue
{
    /// <summary>The token before every item; also what an encoder-decoder pads with.</summary>
    public const int Bos = 0;

    private const int UsersAtOnce = 64; // beams of so many users are searched together
    private readonly T5 t5;
    private readonly PrefixTrie trie;
    private readonly Device? device;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="ids">Semantic ids of the catalogue, no two items with the same: a session is scored by the items it shows.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="device">Where it lives and computes; the CPU where null.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or items share an id.</exception>
    public OneRec(SemanticIdTable ids, OneRecOptions options, Device? device = null)
        : base(nameof(OneRec))
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (CollisionCounts.Of(ids) is { SharedItems: > 0 } shared)
            throw new ArgumentException(
                $"{shared.SharedItems} items share their codes with others, so that a session of codes is no one session of items. "
                    + $"Make the ids with {nameof(CollisionPolicy)}.{nameof(CollisionPolicy.FreeCode)} or "
                    + $"{nameof(CollisionPolicy.ExtraToken)}.",
                nameof(ids)
            );
        (Options, Tokens, this.device) = (options, new TigerTokens(ids), device);
        var precision = Products.WherePays(options.Precision, device ?? CPU);
        t5 = new T5((options with { Precision = precision }).Sizes(Tokens.Vocabulary));
        RegisterComponents();
        if (device is not null)
            this.to(device);
        trie = PrefixTrie.Build(ids.Codes.ToArray(), ids.Levels, null, Tokens.Layout, device);
    }

    /// <summary>Sizes.</summary>
    public OneRecOptions Options { get; }

    /// <summary>The vocabulary.</summary>
    public TigerTokens Tokens { get; }

    /// <summary>The encoder-decoder.</summary>
    public T5 T5 => t5;

    /// <summary>All items in the model's vocabulary; the model's own.</summary>
    public PrefixTrie Trie => trie;

    /// <inheritdoc/>
    public int ItemCount => Tokens.Ids.ItemCount;

    /// <inheritdoc/>
    public int SessionLength => Options.SessionLength;

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>What each expert has got since the last <see cref="ResetExpertLoad"/>; no layers where there are no experts.</summary>
    public ExpertLoad ExpertLoad => new([.. t5.Experts.Select(experts => experts.Load.ToArray())]);

    /// <summary>Counts the experts' load from zero again.</summary>
    public void ResetExpertLoad()
    {
        foreach (var experts in t5.Experts)
            experts.ResetLoad();
    }

    /// <summary>Logits of all codes of the sessions under teacher forcing.</summary>
    /// <param name="input">B histories with S sessions each.</param>
    /// <returns><c>[B S, m L, V]</c>, histories in the order of the batch's groups, owned by the caller.</returns>
    public override Tensor forward(OneRecBatch input)
    {
        using var scope = NewDisposeScope();
        return t5.Logits(States(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Mean cross-entropy of the codes, <c>L_NTP / (m L)</c>, averaged over sessions.</summary>
    /// <param name="batch">B histories with S sessions each.</param>
    /// <returns>Scalar, differentiable, owned by the caller.</returns>
    public Tensor Loss(OneRecBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (t5.TrainsByHand)
            return t5.LossOfGroups(batch.Ids, batch.Groups, batch.Inputs, batch.Wanted, batch.PerHistory);
        using var scope = NewDisposeScope();
        return Loss(States(batch), batch).MoveToOuterDisposeScope();
    }

    /// <summary>The same, and what the model gives to illegal codes and to repeats just then.</summary>
    /// <returns>The loss, owned by the caller, and the statistics of each level with dropout as in training.</returns>
    public (Tensor Loss, CodeStatistics Codes) LossAndStatistics(OneRecBatch batch)
    {
        using var scope = NewDisposeScope();
        var states = States(batch);
        var measured = Measure(states.detach(), batch);
        return (Loss(states, batch).MoveToOuterDisposeScope(), measured);
    }

    /// <summary>Entropy, illegal probability and likelihood of each code level under teacher forcing; without gradients or dropout.</summary>
    /// <param name="batch">Sessions that were really served, or generated ones.</param>
    public CodeStatistics Statistics(SessionBatch batch)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var spelled = Spell(batch);
        var wasTraining = training;
        eval();
        try
        {
            return Measure(States(spelled), spelled);
        }
        finally
        {
            train(wasTraining);
        }
    }

    /// <inheritdoc/>
    public double[] CodeEntropies(SessionBatch batch) => Statistics(batch).Entropy;

    /// <inheritdoc/>
    public Tensor LogProbabilities(SessionBatch batch)
    {
        using var scope = NewDisposeScope();
        var spelled = Spell(batch);
        var logits = forward(spelled); // [B S, m L, V], float32
        var targets = tensor(spelled.Targets, device: logits.device);
        var codes = -F.cross_entropy(logits.view(-1, Tokens.Vocabulary), targets, reduction: nn.Reduction.None);
        var sums = codes.view(batch.Histories.Count, batch.PerHistory, -1).sum([-1L]); // [B, S]
        var back = new long[spelled.Order.Length];
        for (var place = 0; place < back.Length; place++)
            back[spelled.Order[place]] = place;
        return sums.index_select(0, tensor(back, device: logits.device)).view(-1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor NextTokenLoss(SessionBatch batch) => Loss(Spell(batch));

    /// <inheritdoc/>
    public DecodedSessions Sample(Histories histories, int count) =>
        Generate(histories, count, Options.BeamGroups, Options.Identity, Options.ExcludeSeen ? histories : null);

    /// <summary>Searches for sessions in a way of one's own choice.</summary>
    /// <param name="histories">B rows, none empty.</param>
    /// <param name="count">N, sessions for each history.</param>
    /// <param name="groups">Groups of beams that avoid each other's codes; 1 for plain beams.</param>
    /// <param name="identity">When two sessions count as one.</param>
    /// <param name="excluded">Items that each user may not be shown, a row for each history; null: none.</param>
    /// <returns>As <see cref="ISessionPolicy.Sample"/>.</returns>
    /// <exception cref="ArgumentException">A history is empty or has an unknown item.</exception>
    public DecodedSessions Generate(
        Histories histories,
        int count,
        int groups,
        SessionIdentity identity,
        Histories? excluded = null
    )
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        SessionBatch.RequireHistories(histories);
        if (excluded is not null && excluded.Count != histories.Count)
            throw new ArgumentException(
                $"There are {excluded.Count} rows of excluded items for {histories.Count} histories.",
                nameof(excluded)
            );
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var search = new SessionSearch(
            trie.All,
            new SessionOptions
            {
                Width = (count + groups - 1) / groups * groups,
                Items = SessionLength,
                Separator = Bos,
                Groups = groups,
                DiversityPenalty = Options.DiversityPenalty,
                Identity = identity,
            }
        );
        var parts = new List<DecodedSessions>();
        var wasTraining = training;
        eval();
        try
        {
            for (var from = 0; from < histories.Count; from += UsersAtOnce)
            {
                var some = Math.Min(UsersAtOnce, histories.Count - from);
                using var decoder = Start(histories.Slice(from, some));
                using var closed = excluded is null ? null : trie.All.Exclude(excluded.Slice(from, some));
                using var found = search.Run(decoder, closed);
                parts.Add(found.Exactly(count));
            }
        }
        finally
        {
            train(wasTraining);
        }
        return DecodedSessions.Join(parts);
    }

    /// <summary>Starts generating after histories; the model must be in evaluation mode.</summary>
    /// <param name="histories">Items oldest first, none empty.</param>
    /// <returns>A decoder that has read them, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A history is empty or has an unknown item.</exception>
    public T5StepDecoder Start(Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        SessionBatch.RequireHistories(histories);
        var rows = new int[histories.Count][];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = Tokens.Input(histories[row], Options.MaxHistory);
        using var batch = TokenBatch.Pack(rows, t5.TokenTable.device);
        return new T5StepDecoder(t5, batch, Bos);
    }

    /// <inheritdoc/>
    public ISessionPolicy Snapshot()
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var state = get_rng_state(); // fresh weights are drawn and overwritten; what is drawn next must not depend on that
        var copy = new OneRec(Tokens.Ids, Options, device);
        set_rng_state(state);
        var mine = named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        foreach (var (name, weight) in copy.named_parameters())
        {
            weight.copy_(mine[name]);
            weight.requires_grad_(false);
        }
        foreach (var weight in copy.parameters())
            weight.DetachFromDisposeScope();
        copy.eval();
        return copy;
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            trie.Dispose();
        base.Dispose(disposing);
    }

    private OneRecBatch Spell(SessionBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Length != SessionLength)
            throw new ArgumentException(
                $"The sessions have {batch.Length} items, the model generates {SessionLength}.",
                nameof(batch)
            );
        return OneRecBatch.Of(Tokens, batch, Options.MaxHistory);
    }

    /// <summary>The decoder's states that predict a code, <c>[B S, m L, D]</c>.</summary>
    private Tensor States(OneRecBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        var (where, items, levels) = (t5.TokenTable.device, batch.Items, batch.Levels);
        var (ids, inputs) = (tensor(batch.Ids, device: where), tensor(batch.Inputs, device: where));
        var hidden = t5.ForwardGroups(ids, batch.Groups, inputs.view(batch.Sessions, -1)); // [B S, m (L + 1), D]
        // Behind an item's last code stands BOS, which is no choice and has no loss.
        var predicting = hidden.view(batch.Sessions, items, levels + 1, -1).narrow(2, 0, levels);
        // With one item the reshape is a view with gaps, where the BOS was.
        return predicting.reshape(batch.Sessions, items * levels, -1).contiguous().MoveToOuterDisposeScope();
    }

    private Tensor Loss(Tensor states, OneRecBatch batch)
    {
        var targets = tensor(batch.Targets, device: states.device);
        var flat = states.reshape(targets.shape[0], -1);
        // Without gradients there is nothing to fuse them with.
        if (!is_grad_enabled())
            return F.cross_entropy(t5.Logits(flat), targets);
        using var scale = ((float)Math.Pow(Options.Width, -0.5)).ToScalar(); // T5 scales where the table makes the logits, too
        return FusedCrossEntropy.Mean(flat * scale, t5.TokenTable, targets, t5.Options.Precision);
    }

    private CodeStatistics Measure(Tensor states, OneRecBatch batch)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (levels, rows) = (batch.Levels, batch.Sessions * batch.Items);
        var targets = tensor(batch.Targets, device: states.device).view(rows, levels);
        var logs = t5.Logits(states).log_softmax(-1).view(rows, levels, -1); // [B S m, L, V]
        var finder = new CandidateFinder(trie.All, IdConstraint.Trie, renormalise: false);
        var places = zeros(rows, 1, dtype: ScalarType.Int64, device: states.device); // the trie's state of each item so far
        var used = LeavesBefore(targets, batch.Items); // [B S m, 1, m]
        var (entropy, illegal, likelihood) = (new double[levels], new double[levels], new double[levels]);
        var repeat = new double[levels];
        for (var level = 0; level < levels; level++)
        {
            var here = logs.select(1, level); // [B S m, V]
            var code = targets.narrow(1, level, 1);
            entropy[level] = -(here.exp() * here).sum([-1L]).mean().item<float>();
            likelihood[level] = here.gather(1, code).mean().item<float>();
            var legal = Mass(excluded: null);
            illegal[level] = Math.Clamp(1 - legal, 0, 1);
            repeat[level] = Math.Clamp(legal - Mass(used), 0, 1);
            places = trie.Child(places, code);

            float Mass(Tensor? excluded) =>
                finder
                    .Find(level, places, here.unsqueeze(1), excluded)
                    .LogProbabilities.exp()
                    .sum([-1L])
                    .mean()
                    .item<float>();
        }
        return new CodeStatistics(entropy, illegal, repeat, likelihood);
    }

    /// <summary>The leaves of the items that stand before each item of its session, ascending, <c>[B S m, 1, m]</c>.</summary>
    /// <param name="codes">Tokens of all items, <c>[B S m, L]</c>.</param>
    /// <param name="items">m.</param>
    private Tensor LeavesBefore(Tensor codes, int items)
    {
        var states = zeros(codes.shape[0], 1, dtype: ScalarType.Int64, device: codes.device);
        for (var level = 0; level < codes.shape[1]; level++)
            states = trie.Child(states, codes.narrow(1, level, 1));
        var leaves = trie.All.LeafFirst.index_select(0, states.view(-1)).view(-1, 1, items); // [B S, 1, m]
        var isBefore = ones(items, items, dtype: ScalarType.Bool, device: codes.device).tril(-1);
        // A place without an item is one behind the last leaf, where no run of leaves reaches.
        var before = leaves.expand(-1, items, -1).masked_fill(isBefore.logical_not(), trie.LeafCount);
        return before.sort(-1).Values.view(-1, 1, items);
    }
}

/// <summary>What a generator does at each code level, mean over codes.</summary>
/// <param name="Entropy">Entropy of the softmax over the whole vocabulary in nats, <c>[L]</c>; the paper's Figure 5.</param>
/// <param name="IllegalMass">Probability of codes that lead to no item, <c>0..1</c>, <c>[L]</c>.</param>
/// <param name="RepeatMass">
/// Probability of codes that lead to items, but to none that does not stand in the session already, <c>0..1</c>, <c>[L]</c>. Not
/// part of <paramref name="IllegalMass"/>: a repeat has an id, and it is the session that forbids it.
/// </param>
/// <param name="LogProbability">Log-probability of the code that came, <c>[L]</c>.</param>
public sealed record CodeStatistics(
    double[] Entropy,
    double[] IllegalMass,
    double[] RepeatMass,
    double[] LogProbability
) : RichRecord
{
    /// <inheritdoc/>
    protected override Table AsTable() =>
        Table.Of(
            Enumerable.Range(0, Entropy.Length),
            ("level", level => level + 1),
            (new TableColumn("entropy in nats", "F3"), level => Entropy[level]),
            (new TableColumn("illegal probability", "P3"), level => IllegalMass[level]),
            (new TableColumn("probability of repeats", "P3"), level => RepeatMass[level]),
            (new TableColumn("log-probability", "F3"), level => LogProbability[level])
        );
}
