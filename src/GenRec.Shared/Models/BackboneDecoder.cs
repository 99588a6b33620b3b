using GenRec.Shared.Data;
using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Generates with a <see cref="Backbone"/>: what a history costs is paid once a user, and beams share it.</summary>
public sealed class BackboneDecoder : RichObject, IStepDecoder
{
    private readonly Backbone model;
    private readonly T5Cache cache;
    private readonly CrossMemory[]? memory;
    private readonly Tensor first; // [B, 1, D] cell to begin with, or [B, 1, V] logits where the history's stack has begun
    private readonly bool isBegun;
    private Tensor position; // of the next cell, [B, 1]

    private BackboneDecoder(
        Backbone model,
        T5Cache cache,
        CrossMemory[]? memory,
        Tensor first,
        bool isBegun,
        Tensor position
    )
    {
        (this.model, this.cache, this.memory, this.first, this.isBegun) = (model, cache, memory, first, isBegun);
        this.position = position.DetachFromDisposeScope();
        first.DetachFromDisposeScope();
        foreach (var layer in memory ?? [])
        {
            layer.Keys.DetachFromDisposeScope();
            layer.Values.DetachFromDisposeScope();
            layer.Mask.DetachFromDisposeScope();
        }
        Users = (int)first.shape[0];
    }

    /// <inheritdoc/>
    public int Users { get; }

    /// <summary>Reads a batch of histories.</summary>
    internal static IStepDecoder Begin(Backbone model, Histories histories)
    {
        ArgumentNullException.ThrowIfNull(histories);
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var options = model.Options;
        var sequences = Enumerable
            .Range(0, histories.Count)
            .Select(row => histories[row][Math.Max(0, histories.LengthOf(row) - options.MaxItems)..].ToArray())
            .ToArray();
        var batch = model.Pack(sequences, [.. sequences.Select(sequence => sequence.Length)]);
        var users = new UserCells(batch, sequences.Length, model.TokenTable.device);
        var (embedded, grid) = (
            model.Embed(batch),
            new Backbone.Cells(batch.History, batch.Rows, model.TokenTable.device)
        );
        if (options.StartsFromState)
        {
            var states = users.Last(model.Read(embedded, grid)); // [B, D]
            if (options.Writer == CodeWriter.ParallelHeads)
                return new HeadsStepDecoder([
                    .. model.Logits(model.Heads(states)).unbind(1).Select(level => level.DetachFromDisposeScope()),
                ]);
            var own = new T5Cache(options.WriterLayers);
            return new BackboneDecoder(model, own, null, states.unsqueeze(1), false, Places(0));
        }
        if (options.Writer == CodeWriter.SameStack)
        {
            var (states, kept) = model.ReadKept(embedded, grid);
            var prompt = kept.Select(layer => (users.ByUser(layer.Keys), users.ByUser(layer.Values))).ToArray();
            var begun = new T5Cache(options.HistoryLayers, prompt, users.Mask);
            return new BackboneDecoder(
                model,
                begun,
                null,
                model.Logits(users.Last(states)).unsqueeze(1),
                true,
                Places(0)
            );
        }
        var memory = model
            .MemoryKeys(embedded, grid)
            .Select(kept => new CrossMemory(
                users.ByUser(kept.Keys),
                users.ByUser(kept.Values),
                users.Mask.clone(),
                null
            ))
            .ToArray();
        var beginning = model.Embed(
            zeros(sequences.Length, 1, dtype: ScalarType.Int64, device: model.TokenTable.device)
        );
        return new BackboneDecoder(model, new T5Cache(options.WriterLayers), memory, beginning, false, Places(0));

        // Where the item to be written stands: behind the history, in cells of the history.
        Tensor Places(long from)
        {
            var perItem = options.Input == HistoryInput.FlatTokens ? model.Levels : 1;
            long[] places = [.. sequences.Select(sequence => from + (long)sequence.Length * perItem)];
            return tensor(places, device: model.TokenTable.device).view(-1, 1);
        }
    }

    /// <inheritdoc/>
    public Tensor Start()
    {
        using var quiet = no_grad();
        return isBegun ? first.alias() : Step(first);
    }

    /// <inheritdoc/>
    public Tensor Next(Tensor tokens, Tensor parents)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        using var quiet = no_grad();
        BeamRows.Reorder(cache, parents);
        using var cell = model.Embed(tokens); // [B, W, D]
        return Step(cell);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cache.Dispose();
        first.Dispose();
        position.Dispose();
        foreach (var layer in memory ?? [])
        {
            layer.Keys.Dispose();
            layer.Values.Dispose();
            layer.Mask.Dispose();
        }
    }

    private Tensor Step(Tensor cell)
    {
        using var scope = NewDisposeScope();
        var rotary = model.Options.Writer == CodeWriter.LazyCrossAttention ? model.LazyRotary(position) : null;
        var turned = memory?.Select(layer => layer with { Rotary = rotary }).ToArray();
        var logits = model.Step(cell, position, cache, turned);
        var next = (position + 1).DetachFromDisposeScope();
        position.Dispose();
        position = next;
        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>Which cells of packed rows are each user's.</summary>
    private sealed class UserCells
    {
        private readonly Tensor cells; // [B, P]
        private readonly Tensor last; // [B]

        public UserCells(BackboneBatch batch, int users, Device device)
        {
            var lengths = new int[users];
            foreach (var segment in batch.History.Segment)
                if (segment > 0)
                    lengths[segment - 1]++;
            var longest = lengths.Max();
            var (places, seen, ends) = (new long[users * longest], new bool[users * longest], new long[users]);
            for (var cell = 0; cell < batch.History.Segment.Length; cell++)
                if (batch.History.Segment[cell] is > 0 and var segment)
                {
                    var place = (segment - 1) * longest + batch.History.Position[cell];
                    (places[place], seen[place]) = (cell, true);
                    ends[segment - 1] = Math.Max(ends[segment - 1], cell);
                }
            cells = tensor(places, device: device).view(users, longest);
            last = tensor(ends, device: device);
            Mask = Backbone.Mask(tensor(seen, device: device).view(users, 1, longest)); // [B, 1, 1, P]
        }

        public Tensor Mask { get; }

        /// <summary><c>[R, G, W, dk]</c> to <c>[B, G, P, dk]</c>.</summary>
        public Tensor ByUser(Tensor packed)
        {
            var flat = packed.transpose(1, 2).flatten(0, 1); // [R W, G, dk]
            return flat.index_select(0, cells.view(-1))
                .view(cells.shape[0], cells.shape[1], packed.shape[1], packed.shape[3])
                .transpose(1, 2)
                .contiguous();
        }

        /// <summary>State of each user's newest cell, <c>[R, W, D]</c> to <c>[B, D]</c>.</summary>
        public Tensor Last(Tensor states) => states.flatten(0, 1).index_select(0, last);
    }
}
