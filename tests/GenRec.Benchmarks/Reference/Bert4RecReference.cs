using GenRec.Shared.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Benchmarks.Reference;

/// <summary>Masked sequences as the repositories keep them: one row a sequence, filled up with 0 from the left.</summary>
/// <param name="Ids">Item ids, <c>[B * L]</c>.</param>
/// <param name="Cells">Masked places in it, <c>[T]</c>.</param>
/// <param name="Targets">The items that stood there, <c>[T]</c>.</param>
internal sealed record Bert4RecReferenceBatch(long[] Ids, long[] Cells, long[] Targets);

/// <summary>BERT4Rec as FeiSun/BERT4Rec and its ports train it, written plainly for TorchSharp: nothing packed, fused or skipped.</summary>
/// <remarks>
/// After modeling.py and run.py of FeiSun/BERT4Rec and jaywonchung/BERT4Rec-VAE-Pytorch: every row is L cells wide, a product each
/// for query, key and value, all cells go through every layer, only the masked ones are scored (gather_indexes), the library's
/// softmax, dropout and Adam, all in float32, a loss read back in each step.
/// </remarks>
internal sealed class Bert4RecReference : IDisposable
{
    private const float Masked = -1e4f; // modeling.py
    private const double Epsilon = 1e-12;
    private readonly Dictionary<string, Parameter> weights = [];
    private readonly Bert4RecOptions options;
    private readonly int itemCount;
    private readonly Adam optimizer;

    /// <summary>Starts from the weights of a model of ours; they are copied.</summary>
    public Bert4RecReference(Bert4Rec start, double learningRate)
    {
        (options, itemCount) = (start.Options, start.ItemCount);
        using (no_grad())
            foreach (var (name, weight) in start.named_parameters())
                if (name.Contains("queryKeyValue", StringComparison.Ordinal))
                    foreach (var (part, piece) in new[] { "query", "key", "value" }.Zip(weight.chunk(3)))
                        Keep(name.Replace("queryKeyValue", part, StringComparison.Ordinal), piece);
                else
                    Keep(name, weight);
        optimizer = optim.Adam(weights.Values, learningRate);

        void Keep(string name, Tensor weight) =>
            weights[name] = (Parameter)new Parameter(weight.detach().clone()).DetachFromDisposeScope();
    }

    public IReadOnlyDictionary<string, Parameter> Weights => weights;

    /// <summary>One update.</summary>
    /// <returns>The loss.</returns>
    public float Step(Bert4RecReferenceBatch batch)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = Loss(batch);
        loss.backward();
        optimizer.step();
        return loss.item<float>();
    }

    /// <summary>Mean cross-entropy of the masked items over the whole catalogue.</summary>
    public Tensor Loss(Bert4RecReferenceBatch batch)
    {
        var ids = tensor(batch.Ids).view(-1, options.MaxLength); // [B, L]
        var x = Rows(weights["items.weight"], ids) + weights["positions.weight"]; // [B, L, D]
        x = Drop(Norm(x, "embeddingNorm"), options.Dropout);
        var mask = ids.eq(0).to_type(ScalarType.Float32).mul(Masked).view(-1, 1, 1, options.MaxLength);
        for (var block = 0; block < options.Blocks; block++)
        {
            var at = $"blocks.{block}";
            x = Norm(x + Drop(Attend(x, mask, at), options.Dropout), $"{at}.attentionNorm");
            var inner = F.gelu(Linear(x, $"{at}.wide")); // [B, L, 4 D]
            x = Norm(x + Drop(Linear(inner, $"{at}.narrow"), options.Dropout), $"{at}.feedForwardNorm");
        }
        var states = x.reshape(-1, options.Hidden).index_select(0, tensor(batch.Cells)); // [T, D]
        states = Norm(F.gelu(Linear(states, "projection")), "projectionNorm");
        var table = weights["items.weight"].narrow(0, 1, itemCount);
        var logits = states.matmul(table.t()) + weights["outputBias"].narrow(0, 1, itemCount); // [T, N]
        return F.cross_entropy(logits, tensor(batch.Targets) - 1);
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var weight in weights.Values)
            weight.Dispose();
    }

    private Tensor Attend(Tensor x, Tensor mask, string at)
    {
        var (q, k, v) = (Heads("query"), Heads("key"), Heads("value")); // [B, H, L, D/H]
        var scores = q.matmul(k.transpose(-2, -1)) / Math.Sqrt(options.Hidden / options.Heads) + mask;
        var mixed = Drop(scores.softmax(-1), options.AttentionDropout).matmul(v);
        return Linear(mixed.transpose(1, 2).reshape(x.shape), $"{at}.output");

        Tensor Heads(string part) =>
            Linear(x, $"{at}.{part}").view(x.shape[0], x.shape[1], options.Heads, -1).transpose(1, 2);
    }

    private static Tensor Rows(Tensor table, Tensor ids) =>
        table.index_select(0, ids.view(-1)).view([.. ids.shape, table.shape[1]]);

    private Tensor Linear(Tensor x, string name) => F.linear(x, weights[$"{name}.weight"], weights[$"{name}.bias"]);

    private Tensor Norm(Tensor x, string name) =>
        F.layer_norm(x, [options.Hidden], weights[$"{name}.weight"], weights[$"{name}.bias"], Epsilon);

    private static Tensor Drop(Tensor x, double share) => share == 0 ? x : F.dropout(x, share);
}
