using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>
/// Attention whose query heads share fewer key and value heads. Ainslie et al., "GQA", arXiv:2305.13245; with one group a head
/// it is plain multi-head attention, with one group it is Shazeer's multi-query attention.
/// </summary>
internal sealed class GroupedAttention : Module<Tensor, Tensor>
{
    private readonly DecoderBlockOptions options;
    private readonly Linear query;
    private readonly Linear? keyValue; // null where keys and values come ready made
    private readonly Linear output;
    private readonly SeededDropout dropout;

    public GroupedAttention(DecoderBlockOptions options, bool makesKeys = true)
        : base(nameof(GroupedAttention))
    {
        this.options = options;
        query = Linear(options.Width, options.Heads * options.HeadWidth, hasBias: false);
        output = Linear(options.Heads * options.HeadWidth, options.Width, hasBias: false);
        if (makesKeys)
            keyValue = Linear(options.Width, 2 * options.KeyValueHeads * options.HeadWidth, hasBias: false);
        dropout = new SeededDropout(options.Dropout);
        RegisterComponents();
    }

    /// <summary>Not used: see <see cref="Attend"/>.</summary>
    public override Tensor forward(Tensor input) => throw new NotSupportedException();

    /// <summary>Keys and values of states, <c>[R, W, D]</c> to <c>[R, G, W, dk]</c> each.</summary>
    public (Tensor Keys, Tensor Values) KeysValues(Tensor states, Rotary? rotary)
    {
        var both = keyValue!
            .forward(states)
            .view(states.shape[0], states.shape[1], 2, options.KeyValueHeads, options.HeadWidth)
            .permute(2, 0, 3, 1, 4); // [2, R, G, W, dk]
        return (rotary is null ? both[0] : rotary.Turn(both[0]), both[1]);
    }

    /// <summary>Reads keys and values.</summary>
    /// <param name="x">What asks, <c>[R, W, D]</c>.</param>
    /// <param name="keys"><c>[R, G, K, dk]</c>.</param>
    /// <param name="values"><c>[R, G, K, dk]</c>.</param>
    /// <param name="mask">Added to the logits, broadcast to <c>[R, H, W, K]</c>.</param>
    /// <param name="rotary">Turns the queries; null leaves them.</param>
    /// <returns><c>[R, W, D]</c>.</returns>
    public Tensor Attend(Tensor x, Tensor keys, Tensor values, Tensor mask, Rotary? rotary)
    {
        var mixed = MultiHeadAttention.Mix(Queries(x, rotary), Spread(keys), Spread(values), mask, dropout);
        return Join(mixed);
    }

    /// <summary>One new position of each beam: beams read what they share once a user, and what they wrote themselves.</summary>
    /// <param name="x"><c>[B, W, D]</c>.</param>
    /// <param name="rotary">Of the new position, <c>[B, 1]</c>.</param>
    /// <param name="cache">Takes the new position in.</param>
    /// <param name="layer">Which layer of the cache.</param>
    /// <returns><c>[B, W, D]</c>.</returns>
    public Tensor Step(Tensor x, Rotary rotary, T5Cache cache, int layer)
    {
        var (users, beams) = (x.shape[0], x.shape[1]);
        var (rows, inner) = (users * beams, (long)options.KeyValueHeads * options.HeadWidth);
        var (newKeys, newValues) = KeysValues(x, rotary); // [B, G, W, dk]
        cache.Append(layer, cat([Flat(newKeys), Flat(newValues)], -1)); // [B W, 2 G dk]
        var own = cache.Gather(layer); // [B W, t, 2 G dk]
        var length = own.shape[1];
        var asked = Queries(x, rotary); // [B, H, W, dk]
        var single = asked.transpose(1, 2).reshape(rows, options.Heads, 1, options.HeadWidth); // [B W, H, 1, dk]
        var scale = 1 / Math.Sqrt(options.HeadWidth);
        var near = single.matmul(Own(0).transpose(-2, -1)) * scale; // [B W, H, 1, t]
        if (cache.PromptLength == 0)
            return Join(near.softmax(-1).matmul(Own(inner)).view(users, beams, options.Heads, -1).transpose(1, 2));
        var (promptKeys, promptValues) = cache.Prompt(layer);
        var prompt = cache.PromptLength;
        var far = asked.matmul(Spread(promptKeys).transpose(-2, -1)) * scale + cache.PromptMask; // [B, H, W, P]
        var nearByUser = near.view(users, beams, options.Heads, length).transpose(1, 2); // [B, H, W, t]
        var weights = F.softmax(cat([far, nearByUser], -1), -1); // [B, H, W, P + t]
        var fromPrompt = weights.narrow(-1, 0, prompt).matmul(Spread(promptValues)); // [B, H, W, dk]
        var ownWeights = weights.narrow(-1, prompt, length).transpose(1, 2).reshape(rows, options.Heads, 1, length);
        var fromOwn = ownWeights.matmul(Own(inner)).view(users, beams, options.Heads, -1).transpose(1, 2);
        return Join(fromPrompt + fromOwn);

        Tensor Flat(Tensor t) => t.transpose(1, 2).reshape(rows, inner);

        Tensor Own(long from) =>
            Spread(
                own.narrow(-1, from, inner).view(rows, length, options.KeyValueHeads, options.HeadWidth).transpose(1, 2)
            ); // [B W, H, t, dk]
    }

    private Tensor Queries(Tensor x, Rotary? rotary)
    {
        var heads = query.forward(x).view(x.shape[0], x.shape[1], options.Heads, options.HeadWidth).transpose(1, 2); // [R, H, W, dk]
        return rotary is null ? heads : rotary.Turn(heads);
    }

    /// <summary>Each group's keys for all its heads, <c>[R, G, K, dk]</c> to <c>[R, H, K, dk]</c>.</summary>
    private Tensor Spread(Tensor grouped)
    {
        if (options.KeyValueHeads == options.Heads)
            return grouped;
        var (rows, length) = (grouped.shape[0], grouped.shape[2]);
        return grouped
            .unsqueeze(2)
            .expand(rows, options.KeyValueHeads, options.Heads / options.KeyValueHeads, length, options.HeadWidth)
            .reshape(rows, options.Heads, length, options.HeadWidth);
    }

    private Tensor Join(Tensor mixed) =>
        output.forward(
            mixed.transpose(1, 2).reshape(mixed.shape[0], mixed.shape[2], options.Heads * options.HeadWidth)
        );
}
