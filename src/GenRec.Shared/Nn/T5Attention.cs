using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>T5's attention among the positions of one sequence: no bias in any product, logits not divided by the root of the width.</summary>
internal sealed partial class T5SelfAttention : Module<Tensor, Tensor, Tensor>
{
    private readonly Linear queryKeyValue; // one product for all three
    private readonly Linear output;
    private readonly SeededDropout dropout;
    private readonly T5Options options;

    public T5SelfAttention(T5Options options)
        : base(nameof(T5SelfAttention))
    {
        this.options = options;
        var (width, inner) = (options.Width, options.Inner);
        (queryKeyValue, output) = (Linear(width, 3 * inner, hasBias: false), Linear(inner, width, hasBias: false));
        dropout = new SeededDropout(options.Dropout);
        RegisterComponents();
        using var quiet = no_grad();
        init.normal_(queryKeyValue.weight!.narrow(0, 0, inner), 0, Math.Pow((double)width * options.HeadWidth, -0.5));
        init.normal_(queryKeyValue.weight!.narrow(0, inner, 2 * inner), 0, Math.Pow(width, -0.5));
        init.normal_(output.weight!, 0, Math.Pow(inner, -0.5));
    }

    /// <summary>All positions at once.</summary>
    /// <param name="x"><c>[R, T, D]</c>.</param>
    /// <param name="bias">Added to the logits, broadcast to <c>[R, H, T, T]</c>.</param>
    /// <returns><c>[R, T, D]</c>.</returns>
    public override Tensor forward(Tensor x, Tensor bias)
    {
        var parts = Parts(x); // [3, R, H, T, dk]
        return Join(T5Mixing.Mix(parts[0], parts[1].transpose(-2, -1), parts[2], bias, dropout), x);
    }

    /// <summary>All positions at once, and their keys <c>[R, H, dk, T]</c> and values <c>[R, H, T, dk]</c> for later steps.</summary>
    public (Tensor Output, Tensor Keys, Tensor Values) WithPrompt(Tensor x, Tensor bias)
    {
        var parts = Parts(x);
        var keys = parts[1].transpose(-2, -1).contiguous();
        return (Join(T5Mixing.Mix(parts[0], keys, parts[2], bias, dropout), x), keys, parts[2]);
    }

    /// <summary>One new position of each beam.</summary>
    /// <param name="x"><c>[B, W, D]</c>.</param>
    /// <param name="bias">Of the new position for the prompt's and the beam's own positions, <c>[1, H, 1, P + t]</c>.</param>
    /// <param name="cache">Takes the new position in.</param>
    /// <param name="layer">Which layer of the cache.</param>
    /// <returns><c>[B, W, D]</c>.</returns>
    public Tensor Step(Tensor x, Tensor bias, T5Cache cache, int layer)
    {
        var (batch, width) = (x.shape[0], x.shape[1]);
        var rows = batch * width;
        var (heads, headWidth, inner) = (options.Heads, options.HeadWidth, options.Inner);
        var all = Products.Linear(x, queryKeyValue.weight!, null, options.Precision).view(rows, 3 * inner);
        cache.Append(layer, all);
        if (cache.PromptLength == 0 && !dropout.training && CpuInference.Fits(all))
            return Out(CpuInference.OwnPositions(cache, layer, bias, heads).view(batch, width, inner));
        var own = cache.Gather(layer, from: inner); // [R, t, 2 H dk]
        var length = own.shape[1];
        var query = all.narrow(-1, 0, inner).view(rows, heads, 1, headWidth); // [R, H, 1, dk]
        var keys = own.narrow(-1, 0, inner).view(rows, length, heads, headWidth).permute(0, 2, 3, 1); // [R, H, dk, t]
        var values = own.narrow(-1, inner, inner).view(rows, length, heads, headWidth).transpose(1, 2); // [R, H, t, dk]
        var prompt = cache.PromptLength;
        if (prompt == 0)
            return Join(T5Mixing.Mix(query, keys, values, bias, dropout), x);
        // Prompt keys are shared by a user's beams, which are extra query rows to them: nothing is copied per beam.
        var (promptKeys, promptValues) = cache.Prompt(layer);
        var asked = query.view(batch, width, heads, headWidth).transpose(1, 2); // [B, H, W, dk]
        var far = asked.matmul(promptKeys) + bias.narrow(-1, 0, prompt) + cache.PromptMask; // [B, H, W, P]
        var near = query.matmul(keys) + bias.narrow(-1, prompt, length); // [R, H, 1, t]
        var nearByUser = near.view(batch, width, heads, length).transpose(1, 2); // [B, H, W, t]
        var weights = F.softmax(cat([far, nearByUser], -1), -1); // [B, H, W, P + t]
        var fromPrompt = weights.narrow(-1, 0, prompt).matmul(promptValues).transpose(1, 2); // [B, W, H, dk]
        var ownWeights = weights.narrow(-1, prompt, length).transpose(1, 2).reshape(rows, heads, 1, length);
        var fromOwn = ownWeights.matmul(values).view(batch, width, heads, headWidth);
        return Out((fromPrompt + fromOwn).reshape(batch, width, inner));
    }

    /// <summary>Takes a position of each beam into the cache, <c>[B, W, D]</c>.</summary>
    public void Read(Tensor x, T5Cache cache, int layer) =>
        cache.Append(
            layer,
            Products
                .Linear(x, queryKeyValue.weight!, null, options.Precision)
                .view(x.shape[0] * x.shape[1], 3 * options.Inner)
        );

    private Tensor Parts(Tensor x) =>
        Products
            .Linear(x, queryKeyValue.weight!, null, options.Precision)
            .view(x.shape[0], x.shape[1], 3, options.Heads, options.HeadWidth)
            .permute(2, 0, 3, 1, 4); // [3, R, H, T, dk]

    private Tensor Join(Tensor mixed, Tensor like) =>
        Out(mixed.transpose(1, 2).reshape(like.shape[0], like.shape[1], options.Inner));

    private Tensor Out(Tensor joined) => Products.Linear(joined, output.weight!, null, options.Precision);
}

/// <summary>T5's attention from the decoder to the encoder's states; it knows no positions.</summary>
internal sealed partial class T5CrossAttention : Module<Tensor, Tensor, Tensor, Tensor?, Tensor>
{
    private readonly Linear query;
    private readonly Linear keyValue;
    private readonly Linear output;
    private readonly SeededDropout dropout;
    private readonly T5Options options;

    public T5CrossAttention(T5Options options)
        : base(nameof(T5CrossAttention))
    {
        this.options = options;
        var (width, inner) = (options.Width, options.Inner);
        (query, keyValue) = (Linear(width, inner, hasBias: false), Linear(width, 2 * inner, hasBias: false));
        output = Linear(inner, width, hasBias: false);
        dropout = new SeededDropout(options.Dropout);
        RegisterComponents();
        using var quiet = no_grad();
        init.normal_(query.weight!, 0, Math.Pow((double)width * options.HeadWidth, -0.5));
        init.normal_(keyValue.weight!, 0, Math.Pow(width, -0.5));
        init.normal_(output.weight!, 0, Math.Pow(inner, -0.5));
    }

    /// <summary>Keys and values of the encoder's states, made once a user.</summary>
    /// <param name="states">States of all real positions, <c>[T, D]</c>.</param>
    /// <param name="cells">Which of them each user's positions are, <c>[B, L]</c>, int64.</param>
    /// <returns>Keys <c>[B, H, dk, L]</c> and values <c>[B, H, L, dk]</c>.</returns>
    public (Tensor Keys, Tensor Values) Remember(Tensor states, Tensor cells)
    {
        var both = Products.Linear(states, keyValue.weight!, null, options.Precision); // [T, 2 H dk]
        var parts = both.index_select(0, cells.view(-1))
            .view(cells.shape[0], cells.shape[1], 2, options.Heads, options.HeadWidth);
        return (
            parts.select(2, 0).permute(0, 2, 3, 1).contiguous(), // [B, H, dk, L]
            parts.select(2, 1).transpose(1, 2).contiguous() // [B, H, L, dk]
        );
    }

    /// <summary>Reads the encoder's states.</summary>
    /// <param name="x">Q positions or beams of each user, <c>[B, Q, D]</c>.</param>
    /// <param name="keys"><c>[B, H, dk, L]</c>.</param>
    /// <param name="values"><c>[B, H, L, dk]</c>.</param>
    /// <param name="mask">Added to the logits, <c>[B, 1, 1, L]</c>; null where all positions are real.</param>
    /// <returns><c>[B, Q, D]</c>.</returns>
    public override Tensor forward(Tensor x, Tensor keys, Tensor values, Tensor? mask)
    {
        var (batch, queries) = (x.shape[0], x.shape[1]);
        var asked = Products
            .Linear(x, query.weight!, null, options.Precision)
            .view(batch, queries, options.Heads, options.HeadWidth)
            .transpose(1, 2); // [B, H, Q, dk]
        var mixed = T5Mixing.Mix(asked, keys, values, mask, dropout);
        var joined = mixed.transpose(1, 2).reshape(batch, queries, options.Inner);
        return Products.Linear(joined, output.weight!, null, options.Precision);
    }
}

/// <summary><c>softmax(q k + bias) v</c>, the plain way: T5 scales nothing.</summary>
internal static class T5Mixing
{
    /// <summary><c>[.., Q, dk]</c>, <c>[.., dk, K]</c> and <c>[.., K, dk]</c> to <c>[.., Q, dk]</c>.</summary>
    public static Tensor Mix(Tensor query, Tensor keys, Tensor values, Tensor? bias, SeededDropout dropout)
    {
        var logits = query.matmul(keys);
        if (bias is not null)
            logits = logits.add_(bias);
        var weights = F.softmax(logits, -1);
        return (dropout.training ? dropout.forward(weights) : weights).matmul(values);
    }

    /// <summary>The same with queries, keys and values in the format of the products; the softmax stays float32.</summary>
    public static Tensor MixNarrow(Tensor query, Tensor keys, Tensor values, Tensor? bias, SeededDropout dropout)
    {
        var logits = query.matmul(keys).to(ScalarType.Float32);
        if (bias is not null)
            logits = logits.add_(bias);
        var weights = F.softmax(logits, -1);
        return (dropout.training ? dropout.forward(weights) : weights).to(values.dtype).matmul(values);
    }
}
