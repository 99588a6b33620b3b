using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GenRec.Shared.Runtime;

/// <summary>Fills a span with "keep" values or zeros, as a pure function of a key and the element's index.</summary>
/// <remarks>
/// The generator is that of <see cref="CounterRandom"/>, Philox4x32-10, with eight, four or two blocks at once. One block of
/// four words decides eight elements, by 16 bits each. Eight blocks make a group of 64 elements, laid out so that vectors
/// of 8, 4 and 2 lanes write the same numbers to the same places: with word <c>2 s + j</c> of block <c>l</c>, its low half
/// decides element <c>32 s + 2 l + j</c> of the group and its high half the element 16 further on.
/// </remarks>
internal static class PhiloxMask
{
    public const int GroupSize = 64;
    public const int Resolution = 1 << 16;
    private const int Lanes = 8;
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>The vector widths in bits that this processor has, widest first; 0 is the plain loop.</summary>
    public static IEnumerable<int> Widths()
    {
        if (Avx512F.IsSupported)
            yield return 512;
        if (Avx2.IsSupported)
            yield return 256;
        if (Sse2.IsSupported || AdvSimd.IsSupported)
            yield return 128;
        yield return 0;
    }

    /// <summary>Writes <paramref name="keep"/> or 0 to each element; 0 with probability dropped / 65,536.</summary>
    public static void Fill(Span<float> target, int dropped, float keep, MaskKey key, int? width = null) =>
        Fill(target, 0, dropped, keep, key, width);

    /// <summary>The same for elements that start at a group: <paramref name="group"/> times <see cref="GroupSize"/>.</summary>
    public static void Fill(Span<float> target, int group, int dropped, float keep, MaskKey key, int? width = null)
    {
        var bits = width ?? Widths().First();
        var threshold = (uint)dropped << 16;
        var whole = target.Length - target.Length % GroupSize;
        var block = (uint)group * Lanes;
        FillGroups(target[..whole], block, threshold, keep, key, bits);
        if (whole == target.Length)
            return;
        Span<float> last = stackalloc float[GroupSize];
        FillGroups(last, block + (uint)(whole / Lanes), threshold, keep, key, bits);
        last[..(target.Length - whole)].CopyTo(target[whole..]);
    }

    private static void FillGroups(Span<float> groups, uint block, uint threshold, float keep, MaskKey key, int bits)
    {
        Span<ulong> keys = stackalloc ulong[2 * Rounds];
        var (k0, k1) = ((uint)key.Seed, (uint)(key.Seed >> 32));
        for (var round = 0; round < Rounds; round++, k0 += Weyl0, k1 += Weyl1)
            (keys[2 * round], keys[2 * round + 1]) = (k0, k1);
        if (bits == 512)
            Fill512(groups, block, threshold, keep, key, keys);
        else if (bits == 256)
            Fill256(groups, block, threshold, keep, key, keys);
        else if (bits == 128)
            Fill128(groups, block, threshold, keep, key, keys);
        else
            for (var at = 0; at < groups.Length; at += GroupSize)
                FillPlain(groups.Slice(at, GroupSize), block + (uint)(at / Lanes), threshold, keep, key);
    }

    private static void FillPlain(Span<float> group, uint block, uint threshold, float keep, MaskKey key)
    {
        Span<uint> words = stackalloc uint[4];
        for (var lane = 0; lane < Lanes; lane++)
        {
            (words[0], words[1], words[2], words[3]) = CounterRandom.Philox4x32(
                (block + (uint)lane, key.Call, (uint)key.Step, (uint)(key.Step >> 32)),
                ((uint)key.Seed, (uint)(key.Seed >> 32))
            );
            for (var word = 0; word < 4; word++)
            {
                var at = 32 * (word / 2) + 2 * lane + word % 2;
                group[at] = words[word] << 16 >= threshold ? keep : 0;
                group[at + 16] = words[word] >= threshold ? keep : 0;
            }
        }
    }

    // The words live in the low halves of 64-bit lanes: the widening product reads only those, so that what the high
    // halves hold after a round need not be cleared.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill512(
        Span<float> groups,
        uint block,
        uint threshold,
        float keep,
        MaskKey key,
        ReadOnlySpan<ulong> keys
    )
    {
        ref var start = ref MemoryMarshal.GetReference(groups);
        var (low, limit, kept) = (
            Vector512.Create((ulong)uint.MaxValue),
            Vector512.Create(threshold),
            Vector512.Create(keep)
        );
        var (call, step, stepHigh) = (
            Vector512.Create((ulong)key.Call),
            Vector512.Create(key.Step),
            Vector512.Create(key.Step >> 32)
        );
        var (m0, m1) = (
            Vector512.Create((ulong)Multiplier0).AsUInt32(),
            Vector512.Create((ulong)Multiplier1).AsUInt32()
        );
        for (var at = 0; at < groups.Length; at += GroupSize)
        {
            var c0 = Vector512.Create((ulong)(block + (uint)(at / Lanes))) + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7);
            var (c1, c2, c3) = (call, step, stepHigh);
            for (var round = 0; round < keys.Length; round += 2)
            {
                var p0 = Avx512F.Multiply(c0.AsUInt32(), m0);
                var p1 = Avx512F.Multiply(c2.AsUInt32(), m1);
                (c0, c1) = ((p1 >>> 32) ^ c1 ^ Vector512.Create(keys[round]), p1);
                (c2, c3) = ((p0 >>> 32) ^ c3 ^ Vector512.Create(keys[round + 1]), p0);
            }
            var first = ((c0 & low) | (c1 << 32)).AsUInt32();
            var second = ((c2 & low) | (c3 << 32)).AsUInt32();
            var to = (nuint)at;
            (kept & Vector512.GreaterThanOrEqual(first << 16, limit).AsSingle()).StoreUnsafe(ref start, to);
            (kept & Vector512.GreaterThanOrEqual(first, limit).AsSingle()).StoreUnsafe(ref start, to + 16);
            (kept & Vector512.GreaterThanOrEqual(second << 16, limit).AsSingle()).StoreUnsafe(ref start, to + 32);
            (kept & Vector512.GreaterThanOrEqual(second, limit).AsSingle()).StoreUnsafe(ref start, to + 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill256(
        Span<float> groups,
        uint block,
        uint threshold,
        float keep,
        MaskKey key,
        ReadOnlySpan<ulong> keys
    )
    {
        ref var start = ref MemoryMarshal.GetReference(groups);
        var (low, limit, kept) = (
            Vector256.Create((ulong)uint.MaxValue),
            Vector256.Create(threshold),
            Vector256.Create(keep)
        );
        var (call, step, stepHigh) = (
            Vector256.Create((ulong)key.Call),
            Vector256.Create(key.Step),
            Vector256.Create(key.Step >> 32)
        );
        var (m0, m1) = (
            Vector256.Create((ulong)Multiplier0).AsUInt32(),
            Vector256.Create((ulong)Multiplier1).AsUInt32()
        );
        for (var at = 0; at < groups.Length; at += GroupSize)
        for (var lane = 0u; lane < Lanes; lane += 4)
        {
            var c0 = Vector256.Create((ulong)(block + (uint)(at / Lanes) + lane)) + Vector256.Create(0ul, 1, 2, 3);
            var (c1, c2, c3) = (call, step, stepHigh);
            for (var round = 0; round < keys.Length; round += 2)
            {
                var p0 = Avx2.Multiply(c0.AsUInt32(), m0);
                var p1 = Avx2.Multiply(c2.AsUInt32(), m1);
                (c0, c1) = ((p1 >>> 32) ^ c1 ^ Vector256.Create(keys[round]), p1);
                (c2, c3) = ((p0 >>> 32) ^ c3 ^ Vector256.Create(keys[round + 1]), p0);
            }
            var first = ((c0 & low) | (c1 << 32)).AsUInt32();
            var second = ((c2 & low) | (c3 << 32)).AsUInt32();
            var to = (nuint)at + 2 * lane;
            (kept & Vector256.GreaterThanOrEqual(first << 16, limit).AsSingle()).StoreUnsafe(ref start, to);
            (kept & Vector256.GreaterThanOrEqual(first, limit).AsSingle()).StoreUnsafe(ref start, to + 16);
            (kept & Vector256.GreaterThanOrEqual(second << 16, limit).AsSingle()).StoreUnsafe(ref start, to + 32);
            (kept & Vector256.GreaterThanOrEqual(second, limit).AsSingle()).StoreUnsafe(ref start, to + 48);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill128(
        Span<float> groups,
        uint block,
        uint threshold,
        float keep,
        MaskKey key,
        ReadOnlySpan<ulong> keys
    )
    {
        ref var start = ref MemoryMarshal.GetReference(groups);
        var (low, limit, kept) = (
            Vector128.Create((ulong)uint.MaxValue),
            Vector128.Create(threshold),
            Vector128.Create(keep)
        );
        var (call, step, stepHigh) = (
            Vector128.Create((ulong)key.Call),
            Vector128.Create(key.Step),
            Vector128.Create(key.Step >> 32)
        );
        for (var at = 0; at < groups.Length; at += GroupSize)
        for (var lane = 0u; lane < Lanes; lane += 2)
        {
            var c0 = Vector128.Create((ulong)(block + (uint)(at / Lanes) + lane)) + Vector128.Create(0ul, 1);
            var (c1, c2, c3) = (call, step, stepHigh);
            for (var round = 0; round < keys.Length; round += 2)
            {
                var p0 = Widening(c0, Multiplier0);
                var p1 = Widening(c2, Multiplier1);
                (c0, c1) = ((p1 >>> 32) ^ c1 ^ Vector128.Create(keys[round]), p1);
                (c2, c3) = ((p0 >>> 32) ^ c3 ^ Vector128.Create(keys[round + 1]), p0);
            }
            var first = ((c0 & low) | (c1 << 32)).AsUInt32();
            var second = ((c2 & low) | (c3 << 32)).AsUInt32();
            var to = (nuint)at + 2 * lane;
            (kept & Vector128.GreaterThanOrEqual(first << 16, limit).AsSingle()).StoreUnsafe(ref start, to);
            (kept & Vector128.GreaterThanOrEqual(first, limit).AsSingle()).StoreUnsafe(ref start, to + 16);
            (kept & Vector128.GreaterThanOrEqual(second << 16, limit).AsSingle()).StoreUnsafe(ref start, to + 32);
            (kept & Vector128.GreaterThanOrEqual(second, limit).AsSingle()).StoreUnsafe(ref start, to + 48);
        }

        static Vector128<ulong> Widening(Vector128<ulong> x, uint multiplier) =>
            Sse2.IsSupported
                ? Sse2.Multiply(x.AsUInt32(), Vector128.Create((ulong)multiplier).AsUInt32())
                : AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(x), Vector64.Create(multiplier));
    }
}

/// <summary>What a mask's numbers depend on besides the element's index.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The training step.</param>
/// <param name="Call">Which dropout of the step, counted from 0.</param>
internal readonly record struct MaskKey(ulong Seed, ulong Step, uint Call);
