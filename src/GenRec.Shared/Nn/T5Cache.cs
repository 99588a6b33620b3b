using System.Runtime.InteropServices;
using GenRec.Shared.Display;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>What a decoder has read of the encoder: keys and values of each layer, once a user, never per beam.</summary>
public sealed class T5Memory : RichObject, IDisposable
{
    private readonly int heads;
    private (Tensor Keys, Tensor Values)[]? layers;
    private Tensor? mask;
    private T5Reading? reading;

    internal T5Memory((Tensor Keys, Tensor Values)[] layers, Tensor? mask)
    {
        (this.layers, this.mask, heads) = (layers, mask, (int)layers[0].Keys.shape[1]);
    }

    /// <summary>What the packed encoder read; the tensors that operators need are made when asked for.</summary>
    internal T5Memory(T5Reading reading, int heads)
    {
        (this.reading, this.heads) = (reading, heads);
        IsPacked = true;
    }

    /// <summary>B, users.</summary>
    public long Users => reading?.Places.Count ?? layers![0].Keys.shape[0];

    /// <summary>Whether the packed encoder made it.</summary>
    internal bool IsPacked { get; }

    /// <summary>0 at real positions and negative infinity at padding, <c>[B, 1, 1, L]</c>; null where all are real.</summary>
    internal Tensor? Mask
    {
        get
        {
            Unpack();
            return mask;
        }
    }

    internal (Tensor Keys, Tensor Values) this[int layer] => Unpack()[layer];

    /// <summary>The same for the packed decoder, on the CPU; made once, and the memory's own.</summary>
    internal T5Reading Reading => reading ??= Pack();

    /// <summary>Frees all keys and values.</summary>
    public void Dispose()
    {
        reading?.Dispose();
        mask?.Dispose();
        foreach (var (keys, values) in layers ?? [])
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
        if (mask is not null)
            act(mask);
        foreach (var (keys, values) in layers ?? [])
        {
            act(keys);
            act(values);
        }
        return this;
    }

    private (Tensor Keys, Tensor Values)[] Unpack()
    {
        if (layers is not null)
            return layers;
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var places = reading!.Places;
        var lengths = Enumerable.Range(0, places.Count).Select(places.Length).ToArray();
        var longest = lengths.Max();
        if (lengths.Any(length => length < longest))
        {
            var hidden = zeros(places.Count, 1, 1, longest, dtype: ScalarType.Float32);
            for (var user = 0; user < places.Count; user++)
                if (lengths[user] < longest)
                    hidden[user].narrow(2, lengths[user], longest - lengths[user]).fill_(float.NegativeInfinity);
            mask = hidden.DetachFromDisposeScope();
        }
        return layers = [.. reading.Layers.Select(Unpacked)];

        (Tensor, Tensor) Unpacked(T5KeyValues layer)
        {
            var inner = layer.Values.shape[0] / places.Tokens;
            var keys = zeros(places.Count, heads, inner / heads, longest, dtype: ScalarType.Float32);
            var values = zeros(places.Count, heads, longest, inner / heads, dtype: ScalarType.Float32);
            for (var user = 0; user < places.Count; user++)
            {
                var (length, padded) = (places.Length(user), places.Padded(user));
                var own = layer.Keys.narrow(0, inner * places.Column(user), inner * padded).view(heads, -1, padded);
                keys[user].narrow(2, 0, length).copy_(own.narrow(2, 0, length));
                var rows = layer.Values.narrow(0, inner * places.Start(user), inner * length).view(length, heads, -1);
                values[user].narrow(1, 0, length).copy_(rows.transpose(0, 1));
            }
            return (keys.DetachFromDisposeScope(), values.DetachFromDisposeScope());
        }
    }

    private T5Reading Pack()
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (users, longest) = ((int)Users, layers![0].Keys.shape[3]);
        var isReal = mask?.view(users, longest).eq(0);
        var cells = new Tensor?[users]; // null: all
        var lengths = new int[users];
        for (var user = 0; user < users; user++)
        {
            cells[user] = isReal?[user].nonzero().view(-1);
            lengths[user] = (int)(cells[user]?.shape[0] ?? longest);
        }
        var places = new Sequences(lengths);
        return new T5Reading(places, [.. layers!.Select(Packed)]);

        T5KeyValues Packed((Tensor Keys, Tensor Values) layer)
        {
            var inner = layer.Keys.shape[1] * layer.Keys.shape[2];
            var packed = T5KeyValues.For(places, (int)inner);
            for (var user = 0; user < users; user++)
            {
                var (length, padded) = (places.Length(user), places.Padded(user));
                var (keys, values) = (layer.Keys[user].view(inner, longest), layer.Values[user]); // [H, L, dk]
                if (cells[user] is { } real)
                    (keys, values) = (keys.index_select(1, real), values.index_select(1, real));
                var own = packed.Keys.narrow(0, inner * places.Column(user), inner * padded).view(inner, padded);
                own.zero_().narrow(1, 0, length).copy_(keys);
                packed
                    .Values.narrow(0, inner * places.Start(user), inner * length)
                    .view(length, -1)
                    .copy_(values.transpose(0, 1).reshape(length, -1));
            }
            return packed;
        }
    }
}

/// <summary>Keys and values of the positions that a decoder has produced, beam by beam, behind a prompt that beams share.</summary>
/// <remarks>
/// Beams are rows <c>b W + w</c>; <see cref="Reorder"/> is called when beams were chosen. Positions stay where they were
/// written: what is reordered are row numbers, which say where each beam's ancestors stood.
/// </remarks>
public sealed class T5Cache : RichObject, IDisposable
{
    private readonly List<Tensor>[] own; // positions of each layer, each [R_s, C]: what the layer's attention wrote
    private readonly (Tensor Keys, Tensor Values)[] prompt;
    private readonly Tensor? promptMask;
    private Tensor? ancestors; // [s, R], int64: rows of the first s positions; a beam's own row in those behind
    private Tensor? places; // [R t]: the same as rows of all positions, one below the other

    /// <summary>An empty cache.</summary>
    /// <param name="layers">Decoder layers.</param>
    public T5Cache(int layers)
        : this(layers, [], null) { }

    internal T5Cache(int layers, (Tensor Keys, Tensor Values)[] prompt, Tensor? promptMask)
    {
        own = [.. Enumerable.Range(0, layers).Select(_ => new List<Tensor>())];
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
    public long Length => own[0].Count;

    /// <summary>R, beams of all users; 0 before the first step.</summary>
    public long Rows =>
        ancestors is { } known && known.shape[0] == Length ? known.shape[1] : own[0].LastOrDefault()?.shape[0] ?? 0;

    internal Tensor PromptMask => promptMask!; // [B, 1, 1, P]

    internal (Tensor Keys, Tensor Values) Prompt(int layer) => prompt[layer];

    /// <summary>Lets each new beam continue an old one.</summary>
    /// <param name="rows">Old row of each new row, <c>[R']</c>, int64.</param>
    public void Reorder(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (Length == 0)
            return;
        using var scope = NewDisposeScope();
        Keep(
            ref ancestors,
            rows.device_type == DeviceType.CPU && own[0][0].device_type == DeviceType.CPU
                ? LineageOf(rows.contiguous())
                : Lineage().index_select(1, rows)
        );
        Keep(ref places, null);
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        promptMask?.Dispose();
        ancestors?.Dispose();
        places?.Dispose();
        foreach (var one in own.SelectMany(positions => positions))
            one.Dispose();
        foreach (var (keys, values) in prompt)
        {
            keys.Dispose();
            values.Dispose();
        }
    }

    /// <summary>Adds a position, <c>[R, C]</c>: keys and values of all beams, and what else belongs to them. Layers come in their order.</summary>
    internal void Append(int layer, Tensor one)
    {
        if (layer == 0)
            StartPosition(one.dtype);
        own[layer].Add(one.alias().DetachFromDisposeScope());
    }

    /// <summary>Adds a position to each layer whose content is undefined, <c>[R, C]</c>; the caller fills it.</summary>
    internal void Append(long rows, long columns, ScalarType type)
    {
        StartPosition(type);
        foreach (var positions in own)
            positions.Add(empty(rows, columns, dtype: type).DetachFromDisposeScope());
    }

    /// <summary>The positions of a layer as they were written, each <c>[R_s, C]</c>; the cache's own.</summary>
    internal IReadOnlyList<Tensor> Own(int layer) => own[layer];

    /// <summary>Row of each beam's ancestor in a position, <c>[R]</c>; empty where it is the beam's own row. On the CPU.</summary>
    internal ReadOnlySpan<long> RowsOf(int position)
    {
        if (position == Length - 1)
            return [];
        var rows = (int)ancestors!.shape[1];
        return MemoryMarshal.Cast<byte, long>(ancestors.bytes).Slice(position * rows, rows);
    }

    /// <summary>Each beam's own positions, <c>[R, t, C - from]</c>; in the caller's scope.</summary>
    /// <param name="layer">Which layer.</param>
    /// <param name="from">First column wanted.</param>
    internal Tensor Gather(int layer, long from = 0)
    {
        var columns = own[layer][0].shape[1] - from;
        var parts = own[layer].Select(one => one.narrow(1, from, columns)).ToArray();
        if (parts.Length == 1)
            return parts[0].unsqueeze(1);
        if (places is null)
        {
            using var scope = NewDisposeScope();
            var starts = own[layer].Select(one => one.shape[0]).Aggregate(new List<long> { 0 }, Next).SkipLast(1);
            var first = tensor(starts.ToArray(), device: parts[0].device).unsqueeze(1); // [t, 1]
            Keep(ref places, (Lineage() + first).t().reshape(-1));
        }
        return cat(parts).index_select(0, places!).view(-1, parts.Length, columns);

        static List<long> Next(List<long> before, long rows) => [.. before, before[^1] + rows];
    }

    private void StartPosition(ScalarType type)
    {
        if (Length == 0)
            return;
        Keep(type);
        using var scope = NewDisposeScope();
        if (ancestors is null || ancestors.shape[0] < Length)
            Keep(ref ancestors, Lineage()); // no beam was chosen since: all go on where they are
        Keep(ref places, null);
    }

    /// <summary>Brings all positions into one format: a step reads its own only, and who takes the next one may change.</summary>
    private void Keep(ScalarType type)
    {
        foreach (var positions in own)
            for (var at = 0; at < positions.Count; at++)
                if (positions[at].dtype != type)
                {
                    using var before = positions[at];
                    positions[at] = before.to(type).DetachFromDisposeScope();
                }
    }

    /// <summary>Rows of all positions there are, <c>[t, R]</c>.</summary>
    private Tensor Lineage()
    {
        if (ancestors is { } known && known.shape[0] == Length)
            return known.alias();
        var rows = own[0][^1].shape[0];
        var same = arange(rows, dtype: ScalarType.Int64, device: own[0][0].device).unsqueeze(0); // [1, R]
        return ancestors is null ? same : cat([ancestors, same]);
    }

    /// <summary><see cref="Lineage"/> of chosen rows, <c>[t, R']</c>, without operators: each costs more than the work.</summary>
    private Tensor LineageOf(Tensor rows)
    {
        var chosen = MemoryMarshal.Cast<byte, long>(rows.bytes);
        var (length, count, before) = ((int)Length, chosen.Length, (int)Rows);
        var result = empty(length, count, dtype: ScalarType.Int64);
        var to = MemoryMarshal.Cast<byte, long>(result.bytes);
        var known = ancestors is null ? [] : MemoryMarshal.Cast<byte, long>(ancestors.bytes);
        foreach (var row in chosen)
            if (row < 0 || row >= before)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"There are {before} beams.");
        for (var position = 0; position < length; position++)
        {
            var there = to.Slice(position * count, count);
            if (position * before < known.Length)
                for (var at = 0; at < count; at++)
                    there[at] = known[position * before + (int)chosen[at]];
            else
                chosen.CopyTo(there); // of this position no beam was chosen yet
        }
        return result;
    }

    private static void Keep(ref Tensor? field, Tensor? value)
    {
        field?.Dispose();
        field = value?.DetachFromDisposeScope();
    }
}
