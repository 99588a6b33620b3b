using System.Text;
using GenRec.Shared.Display;

namespace GenRec.Shared.Runtime;

/// <summary>Random numbers without state: the number at (stream, index) depends on the seed and on nothing else.</summary>
/// <remarks>
/// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011: the seed is
/// the key and (index, stream) the counter. Numbers may be asked for in any order, from any thread. Everything that
/// follows the cipher uses only integer operations and the IEEE 754 operations <c>+ - * /</c> and square root, which
/// are rounded alike on every platform .NET runs on (see <see cref="PortableMath"/>), so that a choice made from a
/// draw is the same choice on every machine.
/// </remarks>
/// <param name="seed">Two generators with different seeds give unrelated numbers.</param>
public readonly struct CounterRandom(ulong seed) : IEquatable<CounterRandom>
{
    /// <summary>The key all numbers are made from.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>The draw at one place; the same place always holds the same draw.</summary>
    /// <param name="stream">What the number is for, for example a user; streams never overlap.</param>
    /// <param name="index">Which number of the stream.</param>
    public CounterDraw At(ulong stream, ulong index)
    {
        var (a, b, c, d) = Philox4x32(
            ((uint)index, (uint)(index >> 32), (uint)stream, (uint)(stream >> 32)),
            ((uint)Seed, (uint)(Seed >> 32))
        );
        return new CounterDraw(a | (ulong)b << 32, c | (ulong)d << 32);
    }

    /// <summary>The draw at one place, for signed counters, which must not be negative.</summary>
    public CounterDraw At(int stream, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return At((ulong)stream, (ulong)index);
    }

    /// <summary>A generator for one named purpose; adding a purpose never changes the numbers of another.</summary>
    /// <param name="purpose">Any text; equal texts give equal generators.</param>
    public CounterRandom Fork(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        var hash = 14695981039346656037ul; // FNV-1a, 64 bits
        foreach (var octet in Encoding.UTF8.GetBytes(purpose))
            hash = (hash ^ octet) * 1099511628211ul;
        return new CounterRandom(At(hash, ulong.MaxValue).UInt64);
    }

    /// <summary>Puts values into random order (Fisher and Yates), each order equally likely.</summary>
    /// <param name="values">Reordered in place.</param>
    /// <param name="stream">The stream the order comes from; indices 1 to <c>values.Length - 1</c> of it are used.</param>
    public void Shuffle<T>(Span<T> values, ulong stream)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = At(stream, (ulong)last).Below(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    /// <summary>The block cipher itself: ten rounds of Philox4x32.</summary>
    /// <param name="counter">Four words to encrypt.</param>
    /// <param name="key">Two words of key.</param>
    /// <returns>128 random bits.</returns>
    public static (uint A, uint B, uint C, uint D) Philox4x32(
        (uint A, uint B, uint C, uint D) counter,
        (uint A, uint B) key
    )
    {
        var ((a, b, c, d), (k0, k1)) = (counter, key);
        for (var round = 0; round < 10; round++)
        {
            var (first, second) = (0xD2511F53ul * a, 0xCD9E8D57ul * c);
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ k0, (uint)second, (uint)(first >> 32) ^ d ^ k1, (uint)first);
            (k0, k1) = (unchecked(k0 + 0x9E3779B9u), unchecked(k1 + 0xBB67AE85u)); // golden ratio and sqrt(3) - 1
        }
        return (a, b, c, d);
    }

    /// <inheritdoc/>
    public bool Equals(CounterRandom other) => Seed == other.Seed;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CounterRandom other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Seed.GetHashCode();

    /// <summary>Whether both give the same numbers.</summary>
    public static bool operator ==(CounterRandom left, CounterRandom right) => left.Equals(right);

    /// <summary>Whether the two give different numbers.</summary>
    public static bool operator !=(CounterRandom left, CounterRandom right) => !left.Equals(right);
}

/// <summary>128 random bits, read as the kind of number that is needed. Read one kind: all show the same bits.</summary>
/// <param name="UInt64">64 uniform bits; the kinds of number below are made from these.</param>
/// <param name="Second">64 further bits, independent of the first, for whoever needs two numbers at one place.</param>
[TypeFormatterSource(typeof(RichValueFormatterSource))]
public readonly record struct CounterDraw(ulong UInt64, ulong Second) : IRichValue
{
    /// <inheritdoc/>
    public string ToHtml() => ObjectCard.Of(this).ToHtml();

    /// <summary>Uniform in <c>[0, 1)</c>, a multiple of 2^-53.</summary>
    public double Double => (UInt64 >> 11) * (1.0 / (1ul << 53));

    /// <summary>Normal with mean 0 and variance 1, through the inverse distribution function; within ±8.3.</summary>
    public double Normal => PortableMath.NormalQuantile(((UInt64 >> 11) + 0.5) * (1.0 / (1ul << 53)));

    /// <summary>True with this probability; 0 is never and 1 is always.</summary>
    public bool Chance(double probability) => Double < probability;

    /// <summary>Uniform in <c>0..n-1</c>; the bias is below <c>n / 2^64</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is not positive.</exception>
    public int Below(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return (int)Math.BigMul(UInt64, (ulong)n, out _);
    }

    /// <summary>Index of one weight, chosen in proportion to the weights.</summary>
    /// <param name="weights">Not negative, finite, not all zero; need not sum to 1.</param>
    /// <exception cref="ArgumentException">A weight is negative or not finite, or all are zero.</exception>
    public int Categorical(ReadOnlySpan<double> weights)
    {
        var total = 0.0;
        foreach (var weight in weights)
            total += weight >= 0 ? weight : throw new ArgumentException($"Weight {weight} is not a weight.");
        if (!(total > 0 && double.IsFinite(total)))
            throw new ArgumentException($"The weights sum to {total}, need a finite sum above 0.", nameof(weights));
        var (left, chosen) = (Double * total, 0);
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            chosen = i; // rounding may leave a rest behind the last weight; it belongs to the last possible index
            if ((left -= weights[i]) < 0)
                break;
        }
        return chosen;
    }
}
