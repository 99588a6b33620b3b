using GenRec.Shared.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>TIGER's T5 as the repositories train it, written plainly for TorchSharp: what Hugging Face's T5 does, operation by operation.</summary>
/// <remarks>
/// After XiaoLongtaoo/TIGER and Timoniche/tiger-cf, which train Hugging Face's T5: a batch padded to its longest history, a product
/// each for query, key and value, the library's dropout and Adam, all in float32, a loss read back in each step.
/// </remarks>
internal sealed class TigerReference : IDisposable
{
    private const float Masked = -1e9f;
    private readonly Dictionary<string, Parameter> weights;
    private readonly T5Options options;
    private readonly Adam optimizer;

    /// <summary>Starts from the weights of a model of ours, see <see cref="T5ReferenceWeights"/>; they are copied.</summary>
    public TigerReference(Dictionary<string, Tensor> start, T5Options options, double learningRate)
    {
        using (no_grad())
            weights = start.ToDictionary(
                weight => weight.Key,
                weight => (Parameter)new Parameter(weight.Value.clone()).DetachFromDisposeScope()
            );
        this.options = options;
        optimizer = optim.Adam(weights.Values, learningRate);
    }

    public IReadOnlyDictionary<string, Parameter> Weights => weights;

    public bool Training { get; set; } = true;

    /// <summary>One update on a padded batch.</summary>
    /// <returns>The loss.</returns>
    public float Step(Tensor ids, Tensor isReal, Tensor targets)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = Loss(ids, isReal, targets);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    /// <summary>One update on a padded batch of sessions, see <see cref="SessionLoss"/>.</summary>
    /// <returns>The loss.</returns>
    public float SessionStep(Tensor ids, Tensor isReal, Tensor inputs, Tensor targets, int items)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = SessionLoss(ids, isReal, inputs, targets, items);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    /// <summary>OneRec's next-token loss: a BOS before each of the items, no loss where the BOS comes next.</summary>
    /// <param name="ids"><c>[B, L]</c>.</param>
    /// <param name="isReal"><c>[B, L]</c>.</param>
    /// <param name="inputs"><c>[B, m (levels + 1)]</c>.</param>
    /// <param name="targets"><c>[B, m levels]</c>.</param>
    /// <param name="items">m.</param>
    public Tensor SessionLoss(Tensor ids, Tensor isReal, Tensor inputs, Tensor targets, int items)
    {
        var logits = Logits(ids, isReal, inputs).view(inputs.shape[0], items, -1, options.Vocabulary);
        var codes = logits.narrow(2, 0, logits.shape[2] - 1).reshape(-1, options.Vocabulary);
        return F.cross_entropy(codes, targets.reshape(-1));
    }

    /// <summary>Mean cross-entropy of <c>[B, T]</c> targets after <c>[B, L]</c> inputs.</summary>
    public Tensor Loss(Tensor ids, Tensor isReal, Tensor targets)
    {
        var (batch, length) = (targets.shape[0], targets.shape[1]);
        var shifted = cat([zeros(batch, 1, dtype: ScalarType.Int64), targets.narrow(1, 0, length - 1)], 1);
        return F.cross_entropy(Logits(ids, isReal, shifted).view(-1, options.Vocabulary), targets.reshape(-1));
    }

    private Tensor Logits(Tensor ids, Tensor isReal, Tensor shifted)
    {
        var (batch, length) = (shifted.shape[0], shifted.shape[1]);
        var mask = (1 - isReal.to_type(ScalarType.Float32)).mul(Masked).view(batch, 1, 1, -1);
        var states = Encode(ids, mask);
        var x = Drop(Embed(shifted));
        var ahead = full(length, length, Masked).triu(1);
        var bias = Bias("decoder", length, bidirectional: false) + ahead;
        for (var layer = 0; layer < options.DecoderLayers; layer++)
        {
            var at = $"decoder.{layer}";
            var h = Norm(x, $"{at}.selfNorm");
            x = x + Drop(Attend(h, h, bias, $"{at}.self"));
            x = x + Drop(Attend(Norm(x, $"{at}.crossNorm"), states, mask, $"{at}.cross"));
            h = Norm(x, $"{at}.feedForwardNorm");
            x = x + Drop(options.Experts == 0 ? FeedForward(h, $"{at}.feedForward") : Experts(h, $"{at}.feedForward"));
        }
        x = Drop(Norm(x, "decoder.last")) * Math.Pow(options.Width, -0.5);
        return F.linear(x, weights["tokens.weight"]);
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var weight in weights.Values)
            weight.Dispose();
    }

    private Tensor Encode(Tensor ids, Tensor mask)
    {
        var x = Drop(Embed(ids));
        var bias = Bias("encoder", ids.shape[1], bidirectional: true) + mask;
        for (var layer = 0; layer < options.EncoderLayers; layer++)
        {
            var at = $"encoder.{layer}";
            var h = Norm(x, $"{at}.attentionNorm");
            x = x + Drop(Attend(h, h, bias, $"{at}.attention"));
            x = x + Drop(FeedForward(Norm(x, $"{at}.feedForwardNorm"), $"{at}.feedForward"));
        }
        return Drop(Norm(x, "encoder.last"));
    }

    private Tensor Embed(Tensor ids) =>
        weights["tokens.weight"].index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], options.Width);

    private Tensor Drop(Tensor x) => F.dropout(x, options.Dropout, Training);

    private Tensor Norm(Tensor x, string name) =>
        weights[$"{name}.weight"] * (x * rsqrt(x.pow(2).mean([-1], keepdim: true) + 1e-6));

    private Tensor Attend(Tensor x, Tensor read, Tensor bias, string name)
    {
        var (q, k, v) = (Heads(x, $"{name}.query"), Heads(read, $"{name}.key"), Heads(read, $"{name}.value"));
        var share = Drop(F.softmax(q.matmul(k.transpose(3, 2)) + bias, -1));
        var mixed = share.matmul(v).transpose(1, 2).contiguous();
        return F.linear(mixed.view(x.shape[0], x.shape[1], -1), weights[$"{name}.output.weight"]);
    }

    private Tensor Heads(Tensor x, string name) =>
        F.linear(x, weights[$"{name}.weight"]).view(x.shape[0], -1, options.Heads, options.HeadWidth).transpose(1, 2);

    private Tensor FeedForward(Tensor x, string name) =>
        F.linear(Drop(F.relu(F.linear(x, weights[$"{name}.wide.weight"]))), weights[$"{name}.narrow.weight"]);

    private Tensor Experts(Tensor x, string name) =>
        ExpertLoop.Run(
            x,
            weights[$"{name}.router"],
            weights[$"{name}.wide"],
            weights[$"{name}.narrow"],
            options,
            inner => F.dropout(inner, options.Dropout, Training)
        );

    private Tensor Bias(string side, long length, bool bidirectional)
    {
        var position = arange(length, dtype: ScalarType.Int64);
        var distance = position.unsqueeze(0) - position.unsqueeze(1); // key minus query
        return weights[$"{side}.positions.weight"]
            .index_select(0, Buckets(distance, bidirectional).reshape(-1))
            .view(length, length, options.Heads)
            .permute(2, 0, 1)
            .unsqueeze(0);
    }

    /// <summary>Hugging Face's way, computed in each step.</summary>
    private Tensor Buckets(Tensor distance, bool bidirectional)
    {
        var buckets = bidirectional ? options.Buckets / 2 : options.Buckets;
        var first = bidirectional ? distance.gt(0).to_type(ScalarType.Int64) * buckets : zeros_like(distance);
        var far = bidirectional ? distance.abs() : distance.clamp_max(0).neg();
        var exact = buckets / 2;
        var step = (far.to_type(ScalarType.Float32) / exact).log() / Math.Log((double)options.MaxDistance / exact);
        var large = (exact + (step * (buckets - exact)).to_type(ScalarType.Int64)).clamp_max(buckets - 1);
        return first + where(far < exact, far, large);
    }
}
