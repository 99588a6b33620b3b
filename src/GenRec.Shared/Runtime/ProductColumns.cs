using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GenRec.Shared.Runtime;

/// <summary>A row of columns that a product's kernel holds in registers.</summary>
/// <remarks>A value type, so that the compiler writes a kernel for each width, all of whose sums are registers.</remarks>
/// <typeparam name="TSelf">The type that implements it.</typeparam>
internal interface IProductColumns<TSelf>
    where TSelf : struct, IProductColumns<TSelf>
{
    /// <summary>Columns.</summary>
    static abstract int Count { get; }

    /// <summary>Numbers that lie one behind the other.</summary>
    static abstract TSelf Load(ref readonly float from);

    /// <summary><c>sum + factor * columns</c>.</summary>
    static abstract TSelf Add(TSelf sum, Vector512<float> factor, TSelf columns);

    /// <summary>Writes the numbers.</summary>
    static abstract void Store(TSelf columns, ref float to);

    /// <summary>Asks for the cache lines of as many numbers; they need not be anybody's.</summary>
    static abstract unsafe void Prefetch(float* from);
}

/// <summary>Sixty-four columns: six rows of them are 24 registers of 32, and four hold the matrix.</summary>
internal struct FourVectors : IProductColumns<FourVectors>
{
    private Vector512<float> first;
    private Vector512<float> second;
    private Vector512<float> third;
    private Vector512<float> fourth;

    public static int Count => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourVectors Load(ref readonly float from)
    {
        FourVectors loaded;
        loaded.first = Vector512.LoadUnsafe(in from);
        loaded.second = Vector512.LoadUnsafe(in from, 16);
        loaded.third = Vector512.LoadUnsafe(in from, 32);
        loaded.fourth = Vector512.LoadUnsafe(in from, 48);
        return loaded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FourVectors Add(FourVectors sum, Vector512<float> factor, FourVectors columns)
    {
        FourVectors added;
        added.first = Vector512.FusedMultiplyAdd(factor, columns.first, sum.first);
        added.second = Vector512.FusedMultiplyAdd(factor, columns.second, sum.second);
        added.third = Vector512.FusedMultiplyAdd(factor, columns.third, sum.third);
        added.fourth = Vector512.FusedMultiplyAdd(factor, columns.fourth, sum.fourth);
        return added;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(FourVectors columns, ref float to)
    {
        columns.first.StoreUnsafe(ref to);
        columns.second.StoreUnsafe(ref to, 16);
        columns.third.StoreUnsafe(ref to, 32);
        columns.fourth.StoreUnsafe(ref to, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(float* from)
    {
        Sse.Prefetch0(from);
        Sse.Prefetch0(from + 16);
        Sse.Prefetch0(from + 32);
        Sse.Prefetch0(from + 48);
    }
}

/// <summary>Thirty-two columns.</summary>
internal struct TwoVectors : IProductColumns<TwoVectors>
{
    private Vector512<float> first;
    private Vector512<float> second;

    public static int Count => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors Load(ref readonly float from)
    {
        TwoVectors loaded;
        loaded.first = Vector512.LoadUnsafe(in from);
        loaded.second = Vector512.LoadUnsafe(in from, 16);
        return loaded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TwoVectors Add(TwoVectors sum, Vector512<float> factor, TwoVectors columns)
    {
        TwoVectors added;
        added.first = Vector512.FusedMultiplyAdd(factor, columns.first, sum.first);
        added.second = Vector512.FusedMultiplyAdd(factor, columns.second, sum.second);
        return added;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TwoVectors columns, ref float to)
    {
        columns.first.StoreUnsafe(ref to);
        columns.second.StoreUnsafe(ref to, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(float* from)
    {
        Sse.Prefetch0(from);
        Sse.Prefetch0(from + 16);
    }
}

/// <summary>Sixteen columns.</summary>
internal struct OneVector : IProductColumns<OneVector>
{
    private Vector512<float> only;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector Load(ref readonly float from)
    {
        OneVector loaded;
        loaded.only = Vector512.LoadUnsafe(in from);
        return loaded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneVector Add(OneVector sum, Vector512<float> factor, OneVector columns)
    {
        OneVector added;
        added.only = Vector512.FusedMultiplyAdd(factor, columns.only, sum.only);
        return added;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(OneVector columns, ref float to) => columns.only.StoreUnsafe(ref to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(float* from) => Sse.Prefetch0(from);
}
