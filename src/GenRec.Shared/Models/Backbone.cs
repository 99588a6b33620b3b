using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.SemanticIds;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Models;

/// <summary>
/// One family of semantic-id generators for the question "encoder-decoder or decoder-only?": what the two words mix is set
/// apart in <see cref="BackboneOptions"/>, and everything else (block, vocabulary, loss, search) is the same.
/// </summary>
/// <remarks>
/// Cells of the family, by paper: TIGER's shape (arXiv:2305.05065) is flat tokens, bidirectional, last item, cross-attention;
/// a naive decoder-only model is flat tokens, causal, every item, same stack; prefix-LM is the same with a bidirectional history
/// and the last item; MARIUS (arXiv:2508.14910) is item vectors, causal, depth stack; RPG (arXiv:2506.05781) item vectors,
/// causal, parallel heads; OneRec-V2 (arXiv:2508.20900) the lazy writer. All of them here have the block of
/// <see cref="DecoderBlock"/>, which is none of these papers' alone. Code tables of input and output are one.
/// </remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public sealed class Backbone : Module<BackboneBatch, Tensor>, IIdGenerator, IRichValue
{
    private readonly Embedding tokens; // row 0 is padding and begins an item
    private readonly Linear? fusion; // m code vectors to one item vector
    private readonly DecoderStack? history;
    private readonly DecoderStack? writer;
    private readonly RmsNorm? lazyNorm;
    private readonly Linear? lazyKeys; // the "context processor"
    private readonly Linear? heads;
    private readonly long[] itemTokens;

    /// <summary>Creates a model with fresh weights, drawn from torch's generator.</summary>
    /// <param name="ids">Semantic ids of the catalogue.</param>
    /// <param name="options">The shape.</param>
    /// <exception cref="ArgumentException">An option is out of range, or two do not agree.</exception>
    public Backbone(SemanticIdTable ids, BackboneOptions options)
        : base(nameof(Backbone))
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Ids, Options, itemTokens) = (ids, options, ids.ToTokens(first: 1));
        var width = options.Width;
        tokens = Embedding(1 + ids.VocabularySize, width);
        if (options.Input == HistoryInput.ItemVectors)
            fusion = Linear(ids.Levels * width, width, hasBias: false);
        if (options.HistoryLayers > 0)
            history = new DecoderStack(options.HistoryLayers, options.Block(CrossReading.None));
        if (options.WriterLayers > 0)
            writer = new DecoderStack(options.WriterLayers, options.Block(Cross(options.Writer)));
        if (options.Writer == CodeWriter.LazyCrossAttention)
        {
            lazyNorm = new RmsNorm(width);
            var keyWidth = options.LazySets * options.LazySplit * options.KeyValueHeads * options.HeadWidth;
            lazyKeys = Linear(width, keyWidth, hasBias: false);
        }
        if (options.Writer == CodeWriter.ParallelHeads)
            heads = Linear(width, ids.Levels * width, hasBias: false);
        RegisterComponents();
        InitialiseWeights();
    }

    /// <summary>The ids.</summary>
    public SemanticIdTable Ids { get; }

    /// <summary>The shape.</summary>
    public BackboneOptions Options { get; }

    /// <summary>m, codes of an item.</summary>
    public int Levels => Ids.Levels;

    /// <summary>The code table, input and output in one, <c>[V, D]</c>; row 0 is padding.</summary>
    public Tensor TokenTable => tokens.weight!;

    /// <summary>Where each level's codes stand among the V tokens.</summary>
    public TokenLayout Layout => TokenLayout.Joint(Ids.CodebookSizes.ToArray(), first: 1);

    /// <summary>Trained numbers outside the code table.</summary>
    public long BodyParameters => parameters().Sum(weight => weight.numel()) - TokenTable.numel();

    /// <summary>Packs sequences for this model, see <see cref="BackboneBatch.Pack"/>.</summary>
    /// <param name="sequences">Items, oldest first.</param>
    /// <param name="firstTargets">From which place on items are to be written.</param>
    /// <exception cref="ArgumentException">An item has no id.</exception>
    public BackboneBatch Pack(IReadOnlyList<int[]> sequences, IReadOnlyList<int> firstTargets)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        foreach (var item in sequences.SelectMany(sequence => sequence))
            if (item < 1 || item > Ids.ItemCount)
                throw new ArgumentException(
                    $"Item {item} has no semantic id: the ids are of the items 1..{Ids.ItemCount}. Use the ids of this catalogue."
                );
        return BackboneBatch.Pack(Options, itemTokens, Levels, sequences, firstTargets);
    }

    /// <summary>Logits of all codes to be written, under teacher forcing.</summary>
    /// <param name="input">T items to be written.</param>
    /// <returns><c>[T, m, V]</c>, owned by the caller.</returns>
    public override Tensor forward(BackboneBatch input)
    {
        using var scope = NewDisposeScope();
        return Logits(States(input)).view(input.Targets, Levels, -1).MoveToOuterDisposeScope();
    }

    /// <summary>Mean cross-entropy of a code: <c>-1/(T m) sum log p(c_l | c_&lt;l, history)</c>.</summary>
    /// <param name="batch">At least one item to be written.</param>
    /// <returns>Scalar, owned by the caller.</returns>
    public Tensor Loss(BackboneBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        var labels = tensor(batch.Labels, device: TokenTable.device);
        return FusedCrossEntropy.Mean(States(batch), TokenTable, labels).MoveToOuterDisposeScope();
    }

    /// <summary>The same for a batch in parts: their mean, weighted by what each of them writes.</summary>
    /// <param name="parts">From <see cref="BackboneBatcher.At"/>; at least one.</param>
    /// <returns>Scalar, owned by the caller.</returns>
    public Tensor Loss(IReadOnlyList<BackboneBatch> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 1)
            return Loss(parts[0]);
        using var scope = NewDisposeScope();
        var targets = (double)parts.Sum(part => part.Targets);
        var losses = parts.Select(part => Loss(part) * (part.Targets / targets)).ToArray();
        return stack(losses).sum().MoveToOuterDisposeScope();
    }

    /// <summary>What is multiplied with the code table, <c>[T m, D]</c>.</summary>
    private Tensor States(BackboneBatch batch)
    {
        var cells = Long(batch.Cells);
        var embedded = Embed(batch); // [R, W, D]
        var grid = new Cells(batch.History, batch.Rows, TokenTable.device);
        if (Options.IsOneStream)
            return Flat(Read(embedded, grid)).index_select(0, cells);
        if (Options.Writer == CodeWriter.ParallelHeads)
            return heads!.forward(Last()).view(-1, Options.Width); // [T m, D]
        var target = new Cells(batch.Target, batch.Rows, TokenTable.device);
        var begun = tokens.forward(Long(batch.TargetTokens).view(batch.Rows, -1)); // [R, W', D]
        if (Options.Writer == CodeWriter.SameStack)
        {
            var both = grid.Then(target);
            var seen = both.NotBefore(both);
            if (Options.History == AttentionDirection.Bidirectional)
            {
                var inHistory = arange(both.Width, device: seen.device) < grid.Width; // [W + W']
                seen |= inHistory.unsqueeze(1) & inHistory;
            }
            var mask = Mask(both.SameSegment(both) & seen);
            return Flat(history!.forward(cat([embedded, begun], 1), both.Position, mask)).index_select(0, cells);
        }
        if (Options.Writer == CodeWriter.DepthStack)
            begun = Flat(begun).index_copy(0, Long(batch.FirstCells), Last()).view_as(begun);
        var own = Mask(target.SameSegment(target) & target.SameItem(target) & target.NotBefore(target));
        var memory = Options.StartsFromState ? null : Memory(embedded, grid, target);
        return Flat(writer!.Run(begun, target.Position, own, memory)).index_select(0, cells);

        Tensor Last() => Flat(Read(embedded, grid)).index_select(0, Long(batch.LastCells)); // [T, D]
    }

    /// <summary>The history's cells as vectors, <c>[R, W, D]</c>.</summary>
    internal Tensor Embed(BackboneBatch batch)
    {
        if (fusion is null)
            return tokens.forward(Long(batch.HistoryTokens).view(batch.Rows, -1));
        var codes = tokens.forward(Long(batch.HistoryTokens).view(batch.Rows, batch.History.Width, Levels));
        return fusion.forward(codes.flatten(2)); // [R, W, m D] to [R, W, D]
    }

    /// <summary>States of the history's cells, <c>[R, W, D]</c>.</summary>
    internal Tensor Read(Tensor embedded, Cells grid) => history!.forward(embedded, grid.Position, HistoryMask(grid));

    /// <summary>The same, with keys and values of each layer.</summary>
    internal (Tensor States, (Tensor Keys, Tensor Values)[] Kept) ReadKept(Tensor embedded, Cells grid) =>
        history!.RunKept(embedded, grid.Position, HistoryMask(grid));

    /// <summary>Keys and values that each of the writer's layers reads, <c>[R, G, W, dk]</c> each.</summary>
    internal IEnumerable<(Tensor Keys, Tensor Values)> MemoryKeys(Tensor embedded, Cells grid)
    {
        if (Options.Writer == CodeWriter.CrossAttention)
            return writer!.CrossKeys(Read(embedded, grid));
        var shape = new long[]
        {
            embedded.shape[0],
            embedded.shape[1],
            Options.LazySets,
            Options.LazySplit,
            Options.KeyValueHeads,
            Options.HeadWidth,
        };
        var all = lazyKeys!.forward(lazyNorm!.forward(embedded)).view(shape).permute(2, 3, 0, 4, 1, 5); // [sets, split, R, G, W, dk]
        var rotary = LazyRotary(grid.Position);
        var sets = Enumerable
            .Range(0, Options.LazySets)
            .Select(set => (rotary.Turn(all[set, 0]), all[set, Options.LazySplit - 1]))
            .ToArray();
        return Enumerable.Range(0, writer!.Layers).Select(layer => sets[layer * Options.LazySets / writer.Layers]);
    }

    internal Rotary LazyRotary(Tensor position)
    {
        var block = Options.Block(CrossReading.Lazy);
        return Rotary.At(position, block.HeadWidth, block.RotaryBase);
    }

    /// <summary>One more cell of each beam, <c>[B, W, D]</c>, to logits <c>[B, W, V]</c>.</summary>
    internal Tensor Step(Tensor cell, Tensor position, T5Cache cache, IReadOnlyList<CrossMemory>? memory) =>
        Logits((writer ?? history!).Step(cell, position, cache, memory));

    /// <summary>Vectors of tokens, any shape.</summary>
    internal Tensor Embed(Tensor ids) => tokens.forward(ids);

    /// <summary>States of all levels from the last state of a history, <c>[B, D]</c> to <c>[B, m, D]</c>.</summary>
    internal Tensor Heads(Tensor states) => heads!.forward(states).view(states.shape[0], Levels, Options.Width);

    internal Tensor Logits(Tensor states) => F.linear(states, TokenTable);

    /// <summary>Starts generating after histories.</summary>
    /// <param name="histories">Items oldest first; the newest <see cref="BackboneOptions.MaxItems"/> are read.</param>
    /// <returns>A decoder that has read them, owned by the caller; the model must be in evaluation mode.</returns>
    /// <exception cref="ArgumentException">An item has no id.</exception>
    public IStepDecoder Start(Histories histories) => BackboneDecoder.Begin(this, histories);

    /// <summary>The trie of all items in the model's vocabulary, owned by the caller.</summary>
    public PrefixTrie MakeTrie() => PrefixTrie.Build(Ids.Codes.ToArray(), Levels, null, Layout, TokenTable.device);

    private CrossMemory[] Memory(Tensor embedded, Cells grid, Cells target)
    {
        var mask = Mask(target.SameSegment(grid) & target.After(grid)); // [R, 1, W', W]
        var rotary = Options.Writer == CodeWriter.LazyCrossAttention ? LazyRotary(target.Position) : null;
        return [.. MemoryKeys(embedded, grid).Select(kept => new CrossMemory(kept.Keys, kept.Values, mask, rotary))];
    }

    private Tensor HistoryMask(Cells grid)
    {
        var seen = grid.SameSegment(grid);
        return Mask(Options.History == AttentionDirection.Causal ? seen & grid.NotBefore(grid) : seen);
    }

    /// <summary>0 where a cell may look and very negative elsewhere: minus infinity would make an empty cell's softmax no number.</summary>
    internal static Tensor Mask(Tensor visible)
    {
        var mask = full(visible.shape, -1e9f, dtype: ScalarType.Float32, device: visible.device);
        return mask.masked_fill_(visible, 0f).unsqueeze(1);
    }

    private Tensor Flat(Tensor cells) => cells.reshape(-1, Options.Width);

    internal Tensor Long(long[] values) => tensor(values, device: TokenTable.device);

    private static CrossReading Cross(CodeWriter writer) =>
        writer switch
        {
            CodeWriter.CrossAttention => CrossReading.Projected,
            CodeWriter.LazyCrossAttention => CrossReading.Lazy,
            _ => CrossReading.None,
        };

    private void InitialiseWeights()
    {
        using var quiet = no_grad();
        foreach (var (name, weight) in named_parameters())
            if (weight.dim() > 1)
                init.normal_(weight, 0, name == "tokens.weight" ? 0.05 : Math.Pow(weight.shape[1], -0.5));
    }

    /// <inheritdoc/>
    public string ToHtml() => ModelCard.Of(this).ToHtml();

    /// <inheritdoc/>
    public string ToText() => ModelCard.Of(this).ToText();

    /// <summary>A grid's attributes as tensors, <c>[R, W]</c>, and who stands how to whom, <c>[R, W, W']</c>.</summary>
    internal sealed class Cells
    {
        private readonly Tensor segment;
        private readonly Tensor item;

        public Cells(CellGrid grid, int rows, Device device)
        {
            (segment, Position, item) = (Make(grid.Segment), Make(grid.Position), Make(grid.Item));

            Tensor Make(long[] values) => tensor(values, device: device).view(rows, grid.Width);
        }

        private Cells(Tensor segment, Tensor position, Tensor item) =>
            (this.segment, Position, this.item) = (segment, position, item);

        public Tensor Position { get; }

        public long Width => Position.shape[1];

        public Cells Then(Cells other) =>
            new(cat([segment, other.segment], 1), cat([Position, other.Position], 1), cat([item, other.item], 1));

        public Tensor SameSegment(Cells other) => segment.unsqueeze(2) == other.segment.unsqueeze(1);

        public Tensor SameItem(Cells other) => item.unsqueeze(2) == other.item.unsqueeze(1);

        public Tensor NotBefore(Cells other) => Position.unsqueeze(2) >= other.Position.unsqueeze(1);

        public Tensor After(Cells other) => item.unsqueeze(2) > other.item.unsqueeze(1);
    }
}
