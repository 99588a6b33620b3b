using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>How a history is written for the network.</summary>
public enum HistoryInput
{
    /// <summary>One cell a code: m cells an item.</summary>
    FlatTokens,

    /// <summary>One cell an item: its code vectors side by side, through one linear map.</summary>
    ItemVectors,
}

/// <summary>Which items of a row are learned to be written.</summary>
public enum Supervision
{
    /// <summary>The last one; every item of a user but the first is the last one of a window.</summary>
    LastItem,

    /// <summary>Every one but the first, in one pass over the user's row.</summary>
    EveryItem,
}

/// <summary>How the codes of an item are written after a history.</summary>
public enum CodeWriter
{
    /// <summary>By the stack that read the history, which goes on over the codes: "decoder-only".</summary>
    SameStack,

    /// <summary>By a second stack with cross-attention to the first: encoder-decoder.</summary>
    CrossAttention,

    /// <summary>By a stack that reads a linear image of the history, with no stack over the history at all: OneRec-V2's lazy decoder.</summary>
    LazyCrossAttention,

    /// <summary>By a small stack that starts from the history's last state and sees nothing else of it, as MARIUS does.</summary>
    DepthStack,

    /// <summary>All codes at once, one linear head a level on the history's last state, as RPG does.</summary>
    ParallelHeads,
}

/// <summary>
/// A generator of semantic ids whose shape is taken apart into independent choices: "T5 or GPT?" hides all of them. How long
/// and how fast stands in the training options.
/// </summary>
public sealed record BackboneOptions : RichRecord
{
    /// <summary>How a history is written for the network.</summary>
    public HistoryInput Input { get; init; } = HistoryInput.FlatTokens;

    /// <summary>Which way the history's cells look.</summary>
    public AttentionDirection History { get; init; } = AttentionDirection.Causal;

    /// <summary>Which items are learned to be written.</summary>
    public Supervision Supervision { get; init; } = Supervision.EveryItem;

    /// <summary>How codes are written.</summary>
    public CodeWriter Writer { get; init; } = CodeWriter.SameStack;

    /// <summary>Layers of the stack that reads the history; none for <see cref="CodeWriter.LazyCrossAttention"/>.</summary>
    [Range(0, 128)]
    public int HistoryLayers { get; init; } = 4;

    /// <summary>Layers of the stack that writes; none for <see cref="CodeWriter.SameStack"/> and <see cref="CodeWriter.ParallelHeads"/>.</summary>
    [Range(0, 128)]
    public int WriterLayers { get; init; }

    /// <summary>D, width of a hidden state.</summary>
    [Range(1, 65_536)]
    public int Width { get; init; } = 128;

    /// <summary>H, query heads.</summary>
    [Range(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>G, heads of keys and values; divides H.</summary>
    [Range(1, 1024)]
    public int KeyValueHeads { get; init; } = 4;

    /// <summary>dk, width of one head, even.</summary>
    [Range(2, 1024)]
    public int HeadWidth { get; init; } = 32;

    /// <summary>Inner width of the gated networks.</summary>
    [Range(1, 1_000_000)]
    public int FeedForward { get; init; } = 256;

    /// <summary>Share dropped, 0 to below 1.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>L_kv of the lazy decoder: different key-value sets over its layers, which share them in equal runs. At least 1.</summary>
    [Range(1, 128)]
    public int LazySets { get; init; } = 1;

    /// <summary>S_kv of the lazy decoder: 1 where the keys are the values too, else 2.</summary>
    [Range(1, 2)]
    public int LazySplit { get; init; } = 1;

    /// <summary>n, the longest history in items; older ones are dropped.</summary>
    [Range(1, 4096)]
    public int MaxItems { get; init; } = 20;

    /// <summary>Items to be written in a batch: rows or windows are added until there are that many.</summary>
    [Range(1, 1_000_000)]
    public int BatchTargets { get; init; } = 256;

    /// <summary>
    /// Classes of length of a batch's windows, equally wide, each packed and computed apart; 1 packs all lengths into rows as wide as
    /// the longest. Changes seconds, not what is learned.
    /// </summary>
    [Range(1, 16)]
    public int LengthClasses { get; init; } = 1;

    /// <summary>W, beams of a user when the model is measured.</summary>
    [Range(1, 4096)]
    public int Beams { get; init; } = 20;

    /// <summary>Validation cases that are looked at, evenly spread over the users; 0 takes all.</summary>
    [Range(0, int.MaxValue)]
    public int ValidationCases { get; init; }

    /// <summary>Where the values come from.</summary>
    public required string Source { get; init; }

    /// <summary>Whether codes are written in a grid of their own, beside the history's.</summary>
    internal bool HasTargetGrid => Writer is not CodeWriter.ParallelHeads && !IsOneStream;

    /// <summary>Whether every cell of the history's stream predicts the next one.</summary>
    internal bool IsOneStream => Writer == CodeWriter.SameStack && Supervision == Supervision.EveryItem;

    /// <summary>Whether the history's last state is what the writer starts from.</summary>
    internal bool StartsFromState => Writer is CodeWriter.DepthStack or CodeWriter.ParallelHeads;

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names what does not agree and what to choose instead.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        Block(CrossReading.None).Validate();
        Need(
            Supervision == Supervision.LastItem || History == AttentionDirection.Causal,
            "EveryItem with a bidirectional history would show each item to itself; take LastItem, or a causal history."
        );
        Need(
            !IsOneStream || Input == HistoryInput.FlatTokens,
            "SameStack with EveryItem needs FlatTokens, where codes stand in the stream; for ItemVectors take DepthStack."
        );
        var writes = Writer is not (CodeWriter.SameStack or CodeWriter.ParallelHeads);
        Need(
            writes == WriterLayers > 0,
            $"{Writer} with {WriterLayers} WriterLayers; it takes {(writes ? "1 or more" : "0")}."
        );
        var lazy = Writer == CodeWriter.LazyCrossAttention;
        Need(
            lazy == (HistoryLayers == 0),
            $"{Writer} with {HistoryLayers} HistoryLayers; it takes {(lazy ? "0" : "1 or more")}."
        );
        Need(
            !lazy || WriterLayers % LazySets == 0,
            $"{WriterLayers} WriterLayers cannot share {LazySets} LazySets in equal runs."
        );

        static void Need(bool holds, string problem)
        {
            if (!holds)
                throw new ArgumentException("Backbone options: " + problem);
        }
    }

    internal DecoderBlockOptions Block(CrossReading cross) =>
        new()
        {
            Width = Width,
            Heads = Heads,
            KeyValueHeads = KeyValueHeads,
            HeadWidth = HeadWidth,
            FeedForward = FeedForward,
            Dropout = Dropout,
            Cross = cross,
        };
}
