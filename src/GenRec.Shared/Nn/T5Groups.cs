using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

// The road of training: all positions of a batch in length groups (LengthGroups), nothing padded. One file, because it is one
// thought that goes through all parts of the model.

public sealed partial class T5
{
    /// <summary>The decoder's states under teacher forcing, from a batch in length groups.</summary>
    /// <param name="ids">Input tokens, group after group and sequence after sequence, <c>[S]</c>, int64.</param>
    /// <param name="groups">Groups of B sequences and S tokens in all.</param>
    /// <param name="shifted">
    /// Start token, then all targets but the last, rows in the order of the groups, <c>[B S, T]</c>, int64: S targets of a sequence
    /// stand side by side and share its encoding.
    /// </param>
    /// <returns><c>[B S, T, D]</c>, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Sizes do not fit the groups.</exception>
    public Tensor ForwardGroups(Tensor ids, IReadOnlyList<LengthGroup> groups, Tensor shifted)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var (count, total) = (groups.Sum(group => group.Count), groups.Sum(group => group.Tokens));
        if (ids.dim() != 1 || ids.shape[0] != total || shifted.dim() != 2 || shifted.shape[0] % count != 0)
            throw new ArgumentException(
                $"ids is [{string.Join(", ", ids.shape)}] and shifted [{string.Join(", ", shifted.shape)}]; the groups have "
                    + $"{total} tokens of {count} sequences."
            );
        using var scope = NewDisposeScope();
        var states = encoder.RunGroups(Embed(ids), groups); // [S, D]
        return decoder.RunGroups(Embed(shifted), states, groups).MoveToOuterDisposeScope();
    }
}

internal sealed partial class T5Encoder
{
    /// <summary>Embeddings <c>[S, D]</c> to states <c>[S, D]</c>.</summary>
    public Tensor RunGroups(Tensor embedded, IReadOnlyList<LengthGroup> groups)
    {
        using var scope = NewDisposeScope();
        var longest = groups.Max(group => group.Length);
        var bias = positions.Between(longest, longest); // [1, H, longest, longest]; a group's is its corner
        var biases = groups.Select(group => bias.narrow(2, 0, group.Length).narrow(3, 0, group.Length)).ToArray();
        var x = inputDropout.forward(embedded);
        foreach (var layer in layers)
            x = layer.RunGroups(x, biases, groups);
        return outputDropout.forward(last.forward(x)).MoveToOuterDisposeScope();
    }
}

internal sealed partial class T5EncoderLayer
{
    /// <summary><c>[S, D]</c> to <c>[S, D]</c>.</summary>
    public Tensor RunGroups(Tensor x, IReadOnlyList<Tensor> biases, IReadOnlyList<LengthGroup> groups)
    {
        using var scope = NewDisposeScope();
        x = x + attentionDropout.forward(attention.RunGroups(attentionNorm.forward(x), biases, groups));
        x = x + feedForwardDropout.forward(feedForward.forward(feedForwardNorm.forward(x)));
        return x.MoveToOuterDisposeScope();
    }
}

internal sealed partial class T5SelfAttention
{
    /// <summary><c>[S, D]</c> to <c>[S, D]</c>; each group with its bias <c>[1, H, L, L]</c>.</summary>
    public Tensor RunGroups(Tensor x, IReadOnlyList<Tensor> biases, IReadOnlyList<LengthGroup> groups)
    {
        var all = Products.LinearNarrow(x, queryKeyValue.weight!, options.Precision); // [S, 3 H dk]
        var mixed = new Tensor[groups.Count];
        // One split, whose gradient is one concatenation; slices would each give a gradient as large as the batch.
        var parts = all.split([.. groups.Select(group => (long)group.Tokens)]);
        for (var at = 0; at < mixed.Length; at++)
        {
            var (count, length) = (groups[at].Count, groups[at].Length);
            var part = parts[at].view(count, length, 3, options.Heads, options.HeadWidth).permute(2, 0, 3, 1, 4);
            mixed[at] = T5Mixing
                .MixNarrow(part[0], part[1].transpose(-2, -1), part[2], biases[at], dropout) // [n, H, L, dk]
                .transpose(1, 2)
                .reshape(groups[at].Tokens, options.Inner);
        }
        return Out(cat(mixed));
    }
}

internal sealed partial class T5Decoder
{
    /// <summary>Embeddings <c>[B, T, D]</c> and the encoder's states <c>[S, D]</c> to <c>[B, T, D]</c>.</summary>
    public Tensor RunGroups(Tensor embedded, Tensor states, IReadOnlyList<LengthGroup> groups)
    {
        using var scope = NewDisposeScope();
        var bias = Causal(embedded.shape[1], null);
        var x = inputDropout.forward(embedded);
        foreach (var layer in layers)
            x = layer.RunGroups(x, bias, states, groups);
        return outputDropout.forward(last.forward(x)).MoveToOuterDisposeScope();
    }
}

internal sealed partial class T5DecoderLayer
{
    /// <summary><c>[B S, T, D]</c> and states to <c>[B S, T, D]</c>.</summary>
    public Tensor RunGroups(Tensor x, Tensor bias, Tensor states, IReadOnlyList<LengthGroup> groups)
    {
        using var scope = NewDisposeScope();
        x = x + selfDropout.forward(self.forward(selfNorm.forward(x), bias));
        // To the encoder's states all positions of all S targets are just so many queries.
        var asked = crossNorm!.forward(x).view(groups.Sum(group => group.Count), -1, x.shape[2]); // [B, S T, D]
        x = x + crossDropout!.forward(cross!.RunGroups(asked, states, groups).view(x.shape));
        x = x + feedForwardDropout.forward(feedForward.forward(feedForwardNorm.forward(x)));
        return x.MoveToOuterDisposeScope();
    }
}

internal sealed partial class T5CrossAttention
{
    /// <summary><c>[B, T, D]</c> and states <c>[S, D]</c> to <c>[B, T, D]</c>.</summary>
    public Tensor RunGroups(Tensor x, Tensor states, IReadOnlyList<LengthGroup> groups)
    {
        var queries = x.shape[1];
        var asked = Products
            .LinearNarrow(x, query.weight!, options.Precision)
            .split([.. groups.Select(group => (long)group.Count)]); // [n, T, H dk] each
        var read = Products
            .LinearNarrow(states, keyValue.weight!, options.Precision)
            .split([.. groups.Select(group => (long)group.Tokens)]); // [n L, 2 H dk] each
        var mixed = new Tensor[groups.Count];
        for (var at = 0; at < mixed.Length; at++)
        {
            var (count, length) = (groups[at].Count, groups[at].Length);
            var heads = asked[at].view(count, queries, options.Heads, options.HeadWidth).transpose(1, 2); // [n, H, T, dk]
            var both = read[at].view(count, length, 2, options.Heads, options.HeadWidth);
            mixed[at] = T5Mixing
                .MixNarrow(
                    heads,
                    both.select(2, 0).permute(0, 2, 3, 1),
                    both.select(2, 1).transpose(1, 2),
                    null,
                    dropout
                )
                .transpose(1, 2)
                .reshape(count, queries, options.Inner);
        }
        return Products.Linear(cat(mixed), output.weight!, null, options.Precision);
    }
}
