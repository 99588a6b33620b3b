using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>Generates with an encoder-decoder; the encoder's keys and values are made once a user and read by all beams.</summary>
public sealed class T5StepDecoder : RichObject, IStepDecoder
{
    private readonly T5 model;
    private readonly T5Memory memory;
    private readonly T5Cache cache;
    private readonly IDisposable experts; // their weights in the format of the products, cast once
    private readonly long startToken;

    /// <summary>Encodes a batch of histories.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="histories">Token sequences; may be disposed after this call.</param>
    /// <param name="startToken">The decoder's first input; T5 takes the padding token.</param>
    public T5StepDecoder(T5 model, TokenBatch histories, long startToken = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(histories);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        (this.model, this.startToken) = (model, startToken);
        memory = model.Read(histories);
        cache = new T5Cache(model.Options.DecoderLayers);
        experts = model.HoldExperts();
    }

    /// <inheritdoc/>
    public int Users => (int)memory.Users;

    /// <inheritdoc/>
    public Tensor Start()
    {
        using var quiet = no_grad();
        using var first = full(Users, 1, startToken, dtype: ScalarType.Int64, device: model.TokenTable.device);
        return model.DecodeStep(first, memory, cache);
    }

    /// <inheritdoc/>
    public Tensor Next(Tensor tokens, Tensor parents)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var quiet = no_grad();
        BeamRows.Reorder(cache, parents);
        return model.DecodeStep(tokens, memory, cache);
    }

    /// <inheritdoc/>
    public void Read(Tensor tokens, Tensor parents)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var quiet = no_grad();
        BeamRows.Reorder(cache, parents);
        model.ReadStep(tokens, memory, cache);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experts.Dispose();
        memory.Dispose();
        cache.Dispose();
    }
}

/// <summary>Generates with a decoder-only model; the keys and values of the history are shared by a user's beams.</summary>
public sealed class CausalStepDecoder : RichObject, IStepDecoder
{
    private readonly CausalT5 model;
    private readonly T5Cache cache;
    private Tensor? first; // [B, V], until asked for

    /// <summary>Reads a batch of histories.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="ids">Tokens, padded on the left, <c>[B, P]</c>, int64; may be disposed after this call.</param>
    /// <param name="isReal">False at padding, <c>[B, P]</c>, bool.</param>
    public CausalStepDecoder(CausalT5 model, Tensor ids, Tensor isReal)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        using var quiet = no_grad();
        this.model = model;
        (first, cache) = model.ReadPrompt(ids, isReal);
        first.DetachFromDisposeScope();
        Users = (int)ids.shape[0];
    }

    /// <inheritdoc/>
    public int Users { get; }

    /// <inheritdoc/>
    public Tensor Start()
    {
        using var mine = first ?? throw new InvalidOperationException("A step decoder starts once.");
        first = null;
        return mine.unsqueeze(1);
    }

    /// <inheritdoc/>
    public Tensor Next(Tensor tokens, Tensor parents)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var quiet = no_grad();
        BeamRows.Reorder(cache, parents);
        return model.DecodeStep(tokens, cache);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        first?.Dispose();
        cache.Dispose();
    }
}

/// <summary>Heads that predict all codes of an id at once, each level on its own, as RPG's (arXiv:2506.05781).</summary>
/// <remarks>What was chosen before changes nothing; a search over such heads needs the trie to find items at all.</remarks>
public sealed class HeadsStepDecoder : RichObject, IStepDecoder
{
    private readonly IReadOnlyList<Tensor> logits;
    private int level;

    /// <summary>Wraps the heads' logits without taking ownership of them.</summary>
    /// <param name="logits">One tensor a level, <c>[B, V_l]</c>.</param>
    public HeadsStepDecoder(IReadOnlyList<Tensor> logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.Count == 0 || logits.Any(one => one.dim() != 2 || one.shape[0] != logits[0].shape[0]))
            throw new ArgumentException("Heads need logits [B, V_l], one tensor for each level.", nameof(logits));
        this.logits = logits;
    }

    /// <inheritdoc/>
    public int Users => (int)logits[0].shape[0];

    /// <inheritdoc/>
    public Tensor Start() => logits[level++].unsqueeze(1);

    /// <inheritdoc/>
    public Tensor Next(Tensor tokens, Tensor parents)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var next = logits[level++].unsqueeze(1);
        return next.expand(next.shape[0], tokens.shape[1], next.shape[2]);
    }

    /// <inheritdoc/>
    public void Dispose() { }
}

/// <summary>Beams as rows of a cache.</summary>
internal static class BeamRows
{
    /// <summary>Reorders a cache by each user's parents, <c>[B, W]</c>.</summary>
    public static void Reorder(T5Cache cache, Tensor parents)
    {
        if (cache.Length == 0)
            return; // all beams continue the prompt, which they share
        using var scope = NewDisposeScope();
        var users = parents.shape[0];
        var before = cache.Rows / users;
        if (parents.device_type == DeviceType.CPU)
        {
            var rows = parents.reshape(-1).clone();
            var numbers = MemoryMarshal.Cast<byte, long>(rows.bytes);
            for (var at = 0; at < numbers.Length; at++)
                numbers[at] += at / (numbers.Length / users) * before;
            cache.Reorder(rows);
            return;
        }
        var start = arange(users, dtype: ScalarType.Int64, device: parents.device).mul_(before);
        cache.Reorder((parents + start.unsqueeze(1)).view(-1));
    }
}
