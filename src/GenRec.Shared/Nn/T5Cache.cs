using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>What a decoder has read of the encoder: keys and values of each layer, once a user, never per beam.</summary>
public sealed class T5Memory : RichObject, IDisposable
{
    private readonly (Tensor Keys, Tensor Values)[] layers;

    internal T5Memory((Tensor Keys, Tensor Values)[] layers, Tensor? mask)
    {
        (this.layers, Mask) = (layers, mask);
    }

    /// <summary>B, users.</summary>
    public long Users => layers[0].Keys.shape[0];

    /// <summary>0 at real positions and negative infinity at padding, <c>[B, 1, 1, L]</c>; null where all are real.</summary>
    internal Tensor? Mask { get; }

    internal (Tensor Keys, Tensor Values) this[int layer] => layers[layer];

    /// <summary>Frees all keys and values.</summary>
    public void Dispose()
    {
        Mask?.Dispose();
        foreach (var (keys, values) in layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }

    /// <summary>Takes everything out of the current dispose scope, so that it lives until <see cref="Dispose"/>.</summary>
    internal T5Memory Detach() => Each(part => part.DetachFromDisposeScope());

    /// <summary>Hands everything to the scope around the current one.</summary>
    internal T5Memory MoveToOuterDisposeScope() => Each(part => part.MoveToOuterDisposeScope());

    private T5Memory Each(Func<Tensor, Tensor> act)
    {
        if (Mask is not null)
            act(Mask);
        foreach (var (keys, values) in layers)
        {
            act(keys);
            act(values);
        }
        return this;
    }
}

/// <summary>Keys and values of the positions that a decoder has produced, beam by beam, behind a prompt that beams share.</summary>
/// <remarks>Beams are rows <c>b W + w</c>; <see cref="Reorder"/> is called when beams were chosen.</remarks>
public sealed class T5Cache : RichObject, IDisposable
{
    private readonly Tensor?[] own; // each [R, t, 2 H dk]: keys, then values
    private readonly (Tensor Keys, Tensor Values)[] prompt;
    private readonly Tensor? promptMask;

    /// <summary>An empty cache.</summary>
    /// <param name="layers">Decoder layers.</param>
    public T5Cache(int layers)
        : this(layers, [], null) { }

    internal T5Cache(int layers, (Tensor Keys, Tensor Values)[] prompt, Tensor? promptMask)
    {
        own = new Tensor?[layers];
        (this.prompt, this.promptMask) = (prompt, promptMask);
        promptMask?.DetachFromDisposeScope();
        foreach (var (keys, values) in prompt)
        {
            keys.DetachFromDisposeScope();
            values.DetachFromDisposeScope();
        }
    }

    /// <summary>P, positions of the shared prompt.</summary>
    public long PromptLength => prompt.Length == 0 ? 0 : prompt[0].Values.shape[2];

    /// <summary>t, positions a beam has of its own.</summary>
    public long Length => own[0]?.shape[1] ?? 0;

    /// <summary>R, beams of all users; 0 before the first step.</summary>
    public long Rows => own[0]?.shape[0] ?? 0;

    internal Tensor PromptMask => promptMask!; // [B, 1, 1, P]

    internal (Tensor Keys, Tensor Values) Prompt(int layer) => prompt[layer];

    /// <summary>Lets each new beam continue an old one.</summary>
    /// <param name="rows">Old row of each new row, <c>[R']</c>, int64.</param>
    public void Reorder(Tensor rows)
    {
        for (var layer = 0; layer < own.Length; layer++)
            if (own[layer] is { } old)
            {
                own[layer] = old.index_select(0, rows).DetachFromDisposeScope();
                old.Dispose();
            }
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        promptMask?.Dispose();
        foreach (var one in own)
            one?.Dispose();
        foreach (var (keys, values) in prompt)
        {
            keys.Dispose();
            values.Dispose();
        }
    }

    /// <summary>Adds a position, <c>[R, 1, 2 H dk]</c>, and gives all, <c>[R, t, 2 H dk]</c>.</summary>
    internal Tensor Append(int layer, Tensor one)
    {
        var old = own[layer];
        var all = old is null ? one.contiguous() : cat([old, one], 1);
        old?.Dispose();
        return own[layer] = all.DetachFromDisposeScope();
    }
}
