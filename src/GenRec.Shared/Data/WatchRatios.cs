using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>How much of each video each user watched: a nearly full matrix, and so a truth about real users.</summary>
/// <param name="UserKeys">The source's user numbers, <c>[U]</c>.</param>
/// <param name="ItemKeys">The source's video numbers, <c>[N]</c>, entry <c>i</c> for item <c>i + 1</c>.</param>
/// <param name="Values">Seconds watched over duration, <c>[U x N]</c>, user after user; NaN where it is not known.</param>
/// <param name="Report">What was read.</param>
public sealed record WatchRatios(
    IReadOnlyList<string> UserKeys,
    IReadOnlyList<string> ItemKeys,
    float[] Values,
    ImportReport Report
) : RichRecord
{
    /// <summary>Share of the pairs that are known, 0..1.</summary>
    public double Density => Values.Count(value => !float.IsNaN(value)) / (double)Values.Length;

    /// <summary>Watch ratio of a pair, or NaN.</summary>
    /// <param name="user">Row, from 0.</param>
    /// <param name="item">Item, <c>1..N</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such user or item.</exception>
    public float this[int user, int item]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(item);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(item, ItemKeys.Count);
            ArgumentOutOfRangeException.ThrowIfNegative(user);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(user, UserKeys.Count);
            return Values[user * ItemKeys.Count + item - 1];
        }
    }
}
