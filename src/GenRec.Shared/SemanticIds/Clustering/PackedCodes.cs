using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>
/// A codebook laid out for the search of nearest codes: 64 codes side by side, so that their scores with six points are made
/// in registers and never written to memory.
/// </summary>
/// <remarks>
/// The score of code c for point x is <c>x c - |c|^2 / 2</c>, the nearest code has the largest. Summands are added in the order
/// of the columns, each code on its own, so that the answer depends neither on the other points nor on threads.
/// </remarks>
internal sealed class PackedCodes
{
    private const int Lanes = 16; // float32 in a vector of 512 bits
    private const int PanelCodes = 4 * Lanes;
    internal const int TileRows = 6; // 6 x 4 sums, 4 codes and 1 point: 29 of the 32 registers
    private readonly float[] panels; // [panel, column, 64]
    private readonly float[] offsets; // -|c|^2 / 2; negative infinity behind the last code
    private readonly int panelCount;

    /// <summary>Lays out codes.</summary>
    /// <param name="codes"><c>[count, width]</c>, row after row.</param>
    /// <param name="width">At least 1.</param>
    public PackedCodes(ReadOnlySpan<float> codes, int width)
    {
        Width = width;
        var count = codes.Length / width;
        panelCount = (count + PanelCodes - 1) / PanelCodes;
        panels = new float[panelCount * PanelCodes * width];
        offsets = new float[panelCount * PanelCodes];
        Array.Fill(offsets, float.NegativeInfinity);
        for (var code = 0; code < count; code++)
        {
            var row = codes.Slice(code * width, width);
            offsets[code] = -0.5f * NearestCodes.SquaredNorm(row);
            var at = code / PanelCodes * PanelCodes * width + code % PanelCodes;
            foreach (var value in row)
            {
                panels[at] = value;
                at += PanelCodes;
            }
        }
    }

    /// <summary>Whether this processor has the registers that the search is written for.</summary>
    public static bool IsFast => Vector512.IsHardwareAccelerated;

    /// <summary>Columns of a code.</summary>
    public int Width { get; }

    /// <summary>Multiplications that one point takes.</summary>
    public int Products => panels.Length;

    /// <summary>Finds the nearest code of each point; of equally near ones the first.</summary>
    /// <param name="points"><c>[n, width]</c>.</param>
    /// <param name="nearest">Filled, <c>[n]</c>.</param>
    /// <param name="scores">Filled with the nearest code's score, <c>[n]</c>; empty where not wanted.</param>
    public unsafe void Search(ReadOnlySpan<float> points, Span<int> nearest, Span<float> scores)
    {
        var largest = stackalloc float[TileRows];
        var places = stackalloc int[TileRows];
        fixed (
            float* start = points,
                panel = panels,
                offset = offsets
        )
            for (var row = 0; row < nearest.Length; row += TileRows)
            {
                Tile(start, row, nearest.Length, panel, offset, largest, places);
                for (var at = 0; at < Math.Min(TileRows, nearest.Length - row); at++)
                {
                    nearest[row + at] = places[at];
                    if (!scores.IsEmpty)
                        scores[row + at] = largest[at];
                }
            }
    }

    /// <summary>All codes for six points; behind the last point its own row is repeated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Tile(float* points, int row, int rows, float* panel, float* offset, float* largest, int* places)
    {
        var width = Width;
        var last = rows - 1;
        float* p0 = points + (long)row * width,
            p1 = points + (long)Math.Min(row + 1, last) * width,
            p2 = points + (long)Math.Min(row + 2, last) * width,
            p3 = points + (long)Math.Min(row + 3, last) * width,
            p4 = points + (long)Math.Min(row + 4, last) * width,
            p5 = points + (long)Math.Min(row + 5, last) * width;
        var bests = stackalloc Vector512<float>[TileRows];
        var blocks = stackalloc Vector512<int>[TileRows]; // which sixteen codes the best of each lane is among
        for (var at = 0; at < TileRows; at++)
            (bests[at], blocks[at]) = (Vector512.Create(float.NegativeInfinity), Vector512<int>.Zero);

        for (var block = 0; block < 4 * panelCount; block += 4)
        {
            Vector512<float> a0 = Vector512.Load(offset),
                a1 = Vector512.Load(offset + Lanes),
                a2 = Vector512.Load(offset + 2 * Lanes),
                a3 = Vector512.Load(offset + 3 * Lanes);
            var (b0, b1, b2, b3) = (a0, a1, a2, a3);
            var (c0, c1, c2, c3) = (a0, a1, a2, a3);
            var (d0, d1, d2, d3) = (a0, a1, a2, a3);
            var (e0, e1, e2, e3) = (a0, a1, a2, a3);
            var (f0, f1, f2, f3) = (a0, a1, a2, a3);
            for (var column = 0; column < width; column++)
            {
                Vector512<float> k0 = Vector512.Load(panel),
                    k1 = Vector512.Load(panel + Lanes),
                    k2 = Vector512.Load(panel + 2 * Lanes),
                    k3 = Vector512.Load(panel + 3 * Lanes);
                panel += PanelCodes;
                var x = Vector512.Create(p0[column]);
                a0 = Vector512.FusedMultiplyAdd(x, k0, a0);
                a1 = Vector512.FusedMultiplyAdd(x, k1, a1);
                a2 = Vector512.FusedMultiplyAdd(x, k2, a2);
                a3 = Vector512.FusedMultiplyAdd(x, k3, a3);
                x = Vector512.Create(p1[column]);
                b0 = Vector512.FusedMultiplyAdd(x, k0, b0);
                b1 = Vector512.FusedMultiplyAdd(x, k1, b1);
                b2 = Vector512.FusedMultiplyAdd(x, k2, b2);
                b3 = Vector512.FusedMultiplyAdd(x, k3, b3);
                x = Vector512.Create(p2[column]);
                c0 = Vector512.FusedMultiplyAdd(x, k0, c0);
                c1 = Vector512.FusedMultiplyAdd(x, k1, c1);
                c2 = Vector512.FusedMultiplyAdd(x, k2, c2);
                c3 = Vector512.FusedMultiplyAdd(x, k3, c3);
                x = Vector512.Create(p3[column]);
                d0 = Vector512.FusedMultiplyAdd(x, k0, d0);
                d1 = Vector512.FusedMultiplyAdd(x, k1, d1);
                d2 = Vector512.FusedMultiplyAdd(x, k2, d2);
                d3 = Vector512.FusedMultiplyAdd(x, k3, d3);
                x = Vector512.Create(p4[column]);
                e0 = Vector512.FusedMultiplyAdd(x, k0, e0);
                e1 = Vector512.FusedMultiplyAdd(x, k1, e1);
                e2 = Vector512.FusedMultiplyAdd(x, k2, e2);
                e3 = Vector512.FusedMultiplyAdd(x, k3, e3);
                x = Vector512.Create(p5[column]);
                f0 = Vector512.FusedMultiplyAdd(x, k0, f0);
                f1 = Vector512.FusedMultiplyAdd(x, k1, f1);
                f2 = Vector512.FusedMultiplyAdd(x, k2, f2);
                f3 = Vector512.FusedMultiplyAdd(x, k3, f3);
            }
            offset += PanelCodes;
            Keep(ref bests[0], ref blocks[0], block, a0, a1, a2, a3);
            Keep(ref bests[1], ref blocks[1], block, b0, b1, b2, b3);
            Keep(ref bests[2], ref blocks[2], block, c0, c1, c2, c3);
            Keep(ref bests[3], ref blocks[3], block, d0, d1, d2, d3);
            Keep(ref bests[4], ref blocks[4], block, e0, e1, e2, e3);
            Keep(ref bests[5], ref blocks[5], block, f0, f1, f2, f3);
        }
        for (var at = 0; at < TileRows; at++)
            places[at] = First(bests[at], blocks[at], out largest[at]);
    }

    /// <summary>Takes over what is larger than the best so far, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(
        ref Vector512<float> best,
        ref Vector512<int> blocks,
        int block,
        Vector512<float> first,
        Vector512<float> second,
        Vector512<float> third,
        Vector512<float> fourth
    )
    {
        var (kept, places) = (best, blocks);
        Take(ref kept, ref places, first, block);
        Take(ref kept, ref places, second, block + 1);
        Take(ref kept, ref places, third, block + 2);
        Take(ref kept, ref places, fourth, block + 3);
        (best, blocks) = (kept, places);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(ref Vector512<float> best, ref Vector512<int> blocks, Vector512<float> scores, int block)
    {
        var larger = Vector512.GreaterThan(scores, best);
        best = Vector512.ConditionalSelect(larger, scores, best);
        blocks = Vector512.ConditionalSelect(larger.AsInt32(), Vector512.Create(block), blocks);
    }

    /// <summary>The first code among those of the largest lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int First(Vector512<float> best, Vector512<int> blocks, out float largest)
    {
        var half = Vector256.MaxNative(best.GetLower(), best.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        quarter = Vector128.MaxNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2)));
        largest = quarter.ToScalar();
        var codes = blocks * Lanes + Vector512<int>.Indices;
        var chosen = Vector512.ConditionalSelect(
            Vector512.Equals(best, Vector512.Create(largest)).AsInt32(),
            codes,
            Vector512.Create(int.MaxValue)
        );
        var low = Vector256.Min(chosen.GetLower(), chosen.GetUpper());
        var lower = Vector128.Min(low.GetLower(), low.GetUpper());
        lower = Vector128.Min(lower, Vector128.Shuffle(lower, Vector128.Create(2, 3, 0, 1)));
        lower = Vector128.Min(lower, Vector128.Shuffle(lower, Vector128.Create(1, 0, 3, 2)));
        return lower.ToScalar() is var code && code == int.MaxValue ? 0 : code; // a point that is not a number has no nearest
    }
}
