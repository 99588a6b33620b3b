using GenRec.Shared.Nn;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>
/// T5 as the reference repositories run it, written for TorchSharp: a padded batch, encoder states copied for each beam, keys and values
/// of the encoder computed and kept for each beam. It is the peer that our decoding is measured against.
/// </summary>
/// <remarks>
/// TIGER, LETTER and LC-Rec generate through Hugging Face's beam search; what is done here, and in what order, is what that does for
/// a model with caches: states repeated for the beams before decoding, all caches reordered after each step, the first step taken
/// by all beams.
/// </remarks>
internal sealed class T5Reference(Dictionary<string, Tensor> weights, T5Options options)
{
    private const float Masked = -1e9f;
    private readonly Dictionary<(string Side, long Queries, long Keys, int Offset), Tensor> biases = []; // weights do not change

    /// <summary>Encoder states of a padded batch, <c>[B, L, D]</c>, and the mask to add, <c>[B, 1, 1, L]</c>.</summary>
    public (Tensor States, Tensor Mask) Encode(Tensor ids, Tensor isReal)
    {
        var mask = (1 - isReal.to_type(ScalarType.Float32)).mul(Masked).view(ids.shape[0], 1, 1, ids.shape[1]);
        var x = Embed(ids);
        var bias = Bias("encoder", ids.shape[1], ids.shape[1], 0, bidirectional: true) + mask;
        for (var layer = 0; layer < options.EncoderLayers; layer++)
        {
            var at = $"encoder.{layer}";
            var h = Norm(x, $"{at}.attentionNorm");
            var (q, k, v) = (
                Project(h, $"{at}.attention.query"),
                Project(h, $"{at}.attention.key"),
                Project(h, $"{at}.attention.value")
            );
            x += Attend(q, k, v, bias, $"{at}.attention.output");
            x += FeedForward(Norm(x, $"{at}.feedForwardNorm"), $"{at}.feedForward");
        }
        return (Norm(x, "encoder.last"), mask);
    }

    /// <summary>Logits after one token of each row, <c>[R, V]</c>; the cache holds four tensors a layer.</summary>
    public Tensor Step(Tensor tokens, Tensor states, Tensor mask, Tensor?[,] cache, int position)
    {
        var x = Embed(tokens.unsqueeze(1)); // [R, 1, D]
        var bias = Bias("decoder", 1, position + 1, position, bidirectional: false);
        for (var layer = 0; layer < options.DecoderLayers; layer++)
        {
            var at = $"decoder.{layer}";
            var h = Norm(x, $"{at}.selfNorm");
            var q = Project(h, $"{at}.self.query");
            cache[layer, 0] = Grow(cache[layer, 0], Project(h, $"{at}.self.key"));
            cache[layer, 1] = Grow(cache[layer, 1], Project(h, $"{at}.self.value"));
            x += Attend(q, cache[layer, 0]!, cache[layer, 1]!, bias, $"{at}.self.output");
            h = Norm(x, $"{at}.crossNorm");
            cache[layer, 2] ??= Project(states, $"{at}.cross.key");
            cache[layer, 3] ??= Project(states, $"{at}.cross.value");
            x += Attend(
                Project(h, $"{at}.cross.query"),
                cache[layer, 2]!,
                cache[layer, 3]!,
                mask,
                $"{at}.cross.output"
            );
            h = Norm(x, $"{at}.feedForwardNorm");
            x += options.Experts == 0 ? FeedForward(h, $"{at}.feedForward") : Experts(h, $"{at}.feedForward");
        }
        x = Norm(x, "decoder.last") * Math.Pow(options.Width, -0.5);
        return F.linear(x, weights["tokens.weight"]).squeeze(1);
    }

    private Tensor Embed(Tensor ids) =>
        weights["tokens.weight"].index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], options.Width);

    private Tensor Norm(Tensor x, string name) =>
        weights[$"{name}.weight"] * (x * rsqrt(x.pow(2).mean([-1], keepdim: true) + 1e-6));

    private Tensor Project(Tensor x, string name) =>
        F.linear(x, weights[$"{name}.weight"]).view(x.shape[0], -1, options.Heads, options.HeadWidth).transpose(1, 2); // [R, H, T, dk]

    private Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor bias, string output)
    {
        var share = F.softmax(q.matmul(k.transpose(3, 2)) + bias, -1);
        var mixed = share
            .matmul(v)
            .transpose(1, 2)
            .contiguous()
            .view(q.shape[0], -1, options.Heads * options.HeadWidth);
        return F.linear(mixed, weights[$"{output}.weight"]);
    }

    private Tensor FeedForward(Tensor x, string name) =>
        F.linear(F.relu(F.linear(x, weights[$"{name}.wide.weight"])), weights[$"{name}.narrow.weight"]);

    private Tensor Experts(Tensor x, string name) =>
        ExpertLoop.Run(
            x,
            weights[$"{name}.router"],
            weights[$"{name}.wide"],
            weights[$"{name}.narrow"],
            options,
            inner => inner
        );

    private Tensor Bias(string side, long queries, long keys, int offset, bool bidirectional)
    {
        if (biases.TryGetValue((side, queries, keys, offset), out var known))
            return known;
        var buckets = new long[queries * keys];
        for (var query = 0; query < queries; query++)
        for (var key = 0; key < keys; key++)
            buckets[query * keys + key] = RelativePositionBias.Bucket(
                key - (query + offset),
                bidirectional,
                options.Buckets,
                options.MaxDistance
            );
        return biases[(side, queries, keys, offset)] = weights[$"{side}.positions.weight"]
            .index_select(0, tensor(buckets))
            .view(queries, keys, options.Heads)
            .permute(2, 0, 1)
            .unsqueeze(0)
            .DetachFromDisposeScope();
    }

    private static Tensor Grow(Tensor? before, Tensor one) => before is null ? one : cat([before, one], 2);
}
