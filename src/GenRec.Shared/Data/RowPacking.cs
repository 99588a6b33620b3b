using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>A place for each of many short sequences in few rows of equal width.</summary>
/// <remarks>
/// Histories are short (Amazon's average under nine items), so a batch padded to 50 is almost all padding. Sequences laid
/// end to end in shared rows, kept apart by a block-diagonal attention mask, cost what their real items cost. Rows are
/// filled best-fit decreasing: the longest sequence first, each into the fullest row that still has room.
/// </remarks>
public sealed class RowPacking : RichObject
{
    private RowPacking(int rows, int width, int[] starts) => (Rows, Width, Starts) = (rows, width, starts);

    /// <summary>R, the number of rows.</summary>
    public int Rows { get; }

    /// <summary>W, cells in a row.</summary>
    public int Width { get; }

    /// <summary>First cell of each sequence, counted over the flattened <c>[R * W]</c> grid.</summary>
    public ReadOnlyMemory<int> Starts { get; }

    /// <summary>Finds places; linear in the sequences for a fixed width.</summary>
    /// <param name="lengths">Length of each sequence, <c>1..width</c>.</param>
    /// <param name="width">Cells in a row, at least 1.</param>
    /// <exception cref="ArgumentException">A sequence is empty or longer than a row.</exception>
    public static RowPacking Pack(ReadOnlySpan<int> lengths, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var byLength = OrderByLengthDescending(lengths, width);
        var starts = new int[lengths.Length];
        var roomy = new Stack<int>?[width + 1]; // rows by free cells
        var rows = 0;
        foreach (var sequence in byLength)
        {
            var length = lengths[sequence];
            var room = length;
            while (room <= width && roomy[room] is not { Count: > 0 })
                room++;
            var row = room <= width ? roomy[room]!.Pop() : rows++;
            var free = Math.Min(room, width);
            starts[sequence] = row * width + width - free;
            (roomy[free - length] ??= new Stack<int>()).Push(row);
        }
        return new RowPacking(rows, width, starts);
    }

    private static int[] OrderByLengthDescending(ReadOnlySpan<int> lengths, int width)
    {
        var first = new int[width + 2];
        for (var i = 0; i < lengths.Length; i++)
        {
            if (lengths[i] < 1 || lengths[i] > width)
                throw new ArgumentException(
                    $"Sequence {i} has {lengths[i]} items; a row takes 1..{width}.",
                    nameof(lengths)
                );
            first[width - lengths[i] + 1]++;
        }
        for (var i = 1; i < first.Length; i++)
            first[i] += first[i - 1];
        var order = new int[lengths.Length];
        for (var i = 0; i < lengths.Length; i++)
            order[first[width - lengths[i]]++] = i;
        return order;
    }
}
