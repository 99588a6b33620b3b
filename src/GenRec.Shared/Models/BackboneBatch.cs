using GenRec.Shared.Data;
using GenRec.Shared.Display;

namespace GenRec.Shared.Models;

/// <summary>Cells that belong to several sequences side by side in rows. Plain arrays.</summary>
/// <param name="Width">W, cells of a row; the arrays are <c>[R * W]</c>.</param>
/// <param name="Segment">Which sequence a cell belongs to, from 1; 0 where it is empty.</param>
/// <param name="Position">Position of a cell in its sequence, in tokens.</param>
/// <param name="Item">Which item of its sequence a cell belongs to, or is written for.</param>
public sealed record CellGrid(int Width, long[] Segment, long[] Position, long[] Item) : RichRecord;

/// <summary>Histories, and the codes to be written after them. Plain arrays.</summary>
/// <param name="Rows">R, rows of both grids.</param>
/// <param name="History">Cells of the histories.</param>
/// <param name="HistoryTokens"><c>[R * W]</c> for flat tokens, <c>[R * W * m]</c> for item vectors.</param>
/// <param name="Target">Cells in which codes are written; width 0 where they have none of their own.</param>
/// <param name="TargetTokens">Code before each written one, 0 at the beginning of an item, <c>[R * W']</c>.</param>
/// <param name="LastCells">Last history cell before each item to be written, <c>[T]</c>.</param>
/// <param name="FirstCells">First target cell of each item to be written, <c>[T]</c>; empty where there is no target grid.</param>
/// <param name="Cells">The cell that predicts each code, in the grid that the writer computes, <c>[T * m]</c>.</param>
/// <param name="Labels">Codes to be written, as tokens, <c>[T * m]</c>.</param>
/// <remarks>
/// Sequences stand end to end in shared rows behind a block-diagonal mask, so that a batch may hold any lengths in any order.
/// Against batches sorted by length, which need neither packing nor padding but show the model one length at a time, a training
/// step of the tutorial's sizes on Amazon Beauty reached 0.94 of the speed for rows (median of four pairs, 0.88 to 1.01;
/// <c>peers backbone-packing-rows</c>), and 0.48 for windows, whose rows are as wide as the longest of a batch and mostly masked.
/// <see cref="BackboneOptions.LengthClasses"/> takes windows of similar length together instead.
/// </remarks>
public sealed record BackboneBatch(
    int Rows,
    CellGrid History,
    long[] HistoryTokens,
    CellGrid Target,
    long[] TargetTokens,
    long[] LastCells,
    long[] FirstCells,
    long[] Cells,
    long[] Labels
) : RichRecord
{
    /// <summary>T, items to be written.</summary>
    public int Targets => LastCells.Length;

    /// <summary>Packs sequences of items.</summary>
    /// <param name="options">The shape of the network.</param>
    /// <param name="tokens">Tokens of each item, <c>[(N + 1) * m]</c>.</param>
    /// <param name="levels">m.</param>
    /// <param name="sequences">Items, oldest first; an empty one becomes a single cell of padding.</param>
    /// <param name="firstTargets">
    /// In each sequence the items from this place on are to be written; its length where it is only read.
    /// </param>
    public static BackboneBatch Pack(
        BackboneOptions options,
        ReadOnlySpan<long> tokens,
        int levels,
        IReadOnlyList<int[]> sequences,
        IReadOnlyList<int> firstTargets
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(firstTargets);
        return new Packer(options, levels, sequences, firstTargets).Make(tokens);
    }

    private sealed class Packer
    {
        private readonly BackboneOptions options;
        private readonly int levels;
        private readonly IReadOnlyList<int[]> sequences;
        private readonly IReadOnlyList<int> firstTargets;
        private readonly int perItem; // history cells of an item
        private readonly int[] lengths; // history cells of a sequence

        public Packer(
            BackboneOptions options,
            int levels,
            IReadOnlyList<int[]> sequences,
            IReadOnlyList<int> firstTargets
        )
        {
            (this.options, this.levels, this.sequences, this.firstTargets) = (options, levels, sequences, firstTargets);
            perItem = options.Input == HistoryInput.FlatTokens ? levels : 1;
            lengths = [.. Enumerable.Range(0, sequences.Count).Select(HistoryCells)];
        }

        // What is written last is not read, but in one stream each of its codes but the last one predicts the next.
        private int HistoryCells(int s)
        {
            var (items, written) = (sequences[s].Length, firstTargets[s] < sequences[s].Length);
            var cells = options.IsOneStream && written ? items * levels - 1 : (items - (written ? 1 : 0)) * perItem;
            return Math.Max(1, cells);
        }

        public BackboneBatch Make(ReadOnlySpan<long> tokens)
        {
            var packing = RowPacking.Pack(lengths, lengths.Max());
            var (rows, width) = (packing.Rows, packing.Width);
            var starts = packing.Starts.ToArray();
            var (targetStarts, targetWidth) = PlaceTargets(starts, rows, width);
            var count = firstTargets.Select((first, s) => Math.Max(0, sequences[s].Length - first)).Sum();
            var (history, target) = (Empty(rows, width), Empty(rows, targetWidth));
            var historyTokens = new long[rows * width * (perItem == 1 ? levels : 1)];
            var targetTokens = new long[rows * targetWidth];
            var (last, first) = (new long[count], new long[options.HasTargetGrid ? count : 0]);
            var (cells, labels) = (new long[count * levels], new long[count * levels]);
            var at = 0;
            for (var s = 0; s < sequences.Count; s++)
            {
                FillHistory(tokens, s, starts[s], history, historyTokens);
                for (var t = firstTargets[s]; t < sequences[s].Length; t++, at++)
                {
                    tokens.Slice(sequences[s][t] * levels, levels).CopyTo(labels.AsSpan(at * levels));
                    last[at] = starts[s] + t * perItem - 1;
                    var begin = targetStarts[s] + (t - firstTargets[s]) * CellsOfTarget;
                    if (options.HasTargetGrid)
                        first[at] = begin;
                    FillTarget(labels.AsSpan(at * levels, levels), s, t, begin, target, targetTokens);
                    for (var level = 0; level < levels; level++)
                        cells[at * levels + level] = CellOf(level, last[at], begin, width, targetWidth);
                }
            }
            return new BackboneBatch(rows, history, historyTokens, target, targetTokens, last, first, cells, labels);
        }

        /// <summary>Target cells of one item: a stack that read the history itself needs no cell for the first code.</summary>
        private int CellsOfTarget =>
            !options.HasTargetGrid ? 0
            : options.Writer == CodeWriter.SameStack ? levels - 1
            : levels;

        private (int[] Starts, int Width) PlaceTargets(int[] starts, int rows, int width)
        {
            var used = new int[rows];
            var places = new int[sequences.Count];
            for (var s = 0; s < places.Length; s++)
            {
                places[s] = used[starts[s] / width];
                used[starts[s] / width] += CellsOfTarget * Math.Max(0, sequences[s].Length - firstTargets[s]);
            }
            var widest = used.Max();
            for (var s = 0; s < places.Length; s++)
                places[s] += starts[s] / width * widest;
            return (places, widest);
        }

        private void FillHistory(ReadOnlySpan<long> tokens, int s, int start, CellGrid grid, long[] written)
        {
            for (var cell = 0; cell < lengths[s]; cell++)
            {
                var place = start + cell;
                (grid.Segment[place], grid.Position[place], grid.Item[place]) = (s + 1, cell, cell / perItem);
                if (cell / perItem >= sequences[s].Length)
                    continue; // an empty history: padding
                var own = tokens.Slice(sequences[s][cell / perItem] * levels, levels);
                if (perItem == 1)
                    own.CopyTo(written.AsSpan(place * levels));
                else
                    written[place] = own[cell % levels];
            }
        }

        private void FillTarget(ReadOnlySpan<long> codes, int s, int t, int begin, CellGrid grid, long[] written)
        {
            var first = levels - CellsOfTarget; // 0 where the first cell holds the beginning, 1 where it holds the first code
            for (var cell = 0; cell < CellsOfTarget; cell++)
            {
                var place = begin + cell;
                (grid.Segment[place], grid.Position[place], grid.Item[place]) = (s + 1, t * perItem + cell, t);
                if (cell + first > 0)
                    written[place] = codes[cell + first - 1];
            }
        }

        private long CellOf(int level, long last, int begin, int width, int targetWidth) =>
            options.Writer switch
            {
                CodeWriter.ParallelHeads => 0, // not read: heads start from the last cells
                CodeWriter.SameStack when options.IsOneStream => last + level,
                CodeWriter.SameStack when level == 0 => last / width * (width + targetWidth) + last % width,
                CodeWriter.SameStack => (begin + level - 1) / targetWidth * (width + targetWidth)
                    + width
                    + (begin + level - 1) % targetWidth,
                _ => begin + level,
            };

        private static CellGrid Empty(int rows, int width)
        {
            var cells = rows * width;
            return new CellGrid(width, new long[cells], new long[cells], new long[cells]);
        }
    }
}
