using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>How the numbers of a matrix product lie in memory, and as float32, in which everything else is computed.</summary>
/// <typeparam name="T">One number.</typeparam>
internal interface IProductFormat<T>
    where T : unmanaged
{
    /// <summary>What torch calls it.</summary>
    static abstract ScalarType Type { get; }

    /// <summary>Sixteen numbers from a place on.</summary>
    static abstract Vector512<float> Load(ref T start, int at);

    /// <summary>Writes sixteen numbers, rounded to the nearest.</summary>
    static abstract void Store(Vector512<float> values, ref T start, int at);

    /// <summary>Copies sixteen numbers.</summary>
    static abstract void Copy(ref T from, int at, ref T to, int place);

    /// <summary>One number as float32.</summary>
    static abstract float Widen(T value);

    /// <summary>The nearest number of the format.</summary>
    static abstract T Narrow(float value);

    /// <summary>A tensor's numbers in place; it must be contiguous and on the CPU.</summary>
    static Span<T> Of(Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);
}

/// <inheritdoc cref="Precision.Float32"/>
internal readonly struct Float32Format : IProductFormat<float>
{
    public static ScalarType Type => ScalarType.Float32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float start, int at) => Vector512.LoadUnsafe(ref start, (nuint)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref float start, int at) =>
        values.StoreUnsafe(ref start, (nuint)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref float from, int at, ref float to, int place) =>
        Vector512.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)place);

    public static float Widen(float value) => value;

    public static float Narrow(float value) => value;
}

/// <summary>The upper half of a float32's bits; ties go to the even number, as in libtorch.</summary>
internal readonly struct BFloat16Format : IProductFormat<ushort>
{
    private const uint AlmostHalf = 0x7FFF; // of the last place that is kept

    public static ScalarType Type => ScalarType.BFloat16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref ushort start, int at)
    {
        var narrow = Vector256.LoadUnsafe(ref start, (nuint)at);
        var wide = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(narrow)
            : Vector512.Create(Vector256.WidenLower(narrow), Vector256.WidenUpper(narrow));
        return (wide << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref ushort start, int at)
    {
        var bits = values.AsUInt32();
        // The NaN that processors make survives this; one with all bits set would not, and arithmetic makes none.
        var rounded = (bits + Vector512.Create(AlmostHalf) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;
        var narrow = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(rounded)
            : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        narrow.StoreUnsafe(ref start, (nuint)at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref ushort from, int at, ref ushort to, int place) =>
        Vector256.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)place);

    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    public static ushort Narrow(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + AlmostHalf + ((bits >> 16) & 1)) >> 16);
    }
}
