using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.SemanticIds;

/// <summary>What to do about items that share all codes.</summary>
public enum CollisionPolicy
{
    /// <summary>Nothing: a tuple may stand for several items, and whoever decodes must say how that counts.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>
    /// TIGER: one more code, the running number inside the group, 0 for an item that is alone. No level is added where every
    /// tuple is unique already.
    /// </summary>
    [JsonStringEnumMemberName("extraToken")]
    ExtraToken,

    /// <summary>
    /// LC-Rec: each group goes through the last level again as one batch under Sinkhorn's equal use of codes, up to 20
    /// rounds. What is left over afterwards stays shared, and is reported.
    /// </summary>
    [JsonStringEnumMemberName("sinkhorn")]
    Sinkhorn,

    /// <summary>
    /// Inside each prefix that holds a collision the last codes are dealt out anew, all different, at the least total
    /// distance (arXiv:2605.25330). Only a prefix with more items than the last level has codes keeps shared tuples.
    /// </summary>
    [JsonStringEnumMemberName("freeCode")]
    FreeCode,

    /// <summary>GRID: tuples stay shared; a decoder draws one of the members, see <see cref="CollisionRepair.Member"/>.</summary>
    [JsonStringEnumMemberName("randomMember")]
    RandomMember,
}

/// <summary>How far items share tuples.</summary>
/// <param name="Items">N.</param>
/// <param name="Tuples">Different tuples.</param>
/// <param name="SharedItems">Items that do not have their tuple to themselves.</param>
/// <param name="LargestGroup">Items of the most crowded tuple.</param>
public sealed record CollisionCounts(int Items, int Tuples, int SharedItems, int LargestGroup) : RichRecord
{
    /// <summary><c>(N - tuples) / N</c>, as LC-Rec counts.</summary>
    public double Rate => (Items - Tuples) / (double)Items;

    /// <summary>Share of items that do not have their tuple to themselves.</summary>
    public double SharedRate => SharedItems / (double)Items;

    /// <summary>Counts a table.</summary>
    /// <param name="ids">Any ids.</param>
    /// <param name="levels">Levels that make the tuple; all where null.</param>
    public static CollisionCounts Of(SemanticIdTable ids, int? levels = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Of(ids.ItemCount, ids.Label(levels ?? ids.Levels).Counts);
    }

    /// <summary>Counts tuples of which the items are known.</summary>
    internal static CollisionCounts Of(int items, int[] counts) =>
        new(items, counts.Length, counts.Where(count => count > 1).Sum(), counts.Max());
}

/// <summary>What a policy found and did.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Before">Collisions of the quantiser's own codes.</param>
/// <param name="After">Collisions of the ids that came out.</param>
/// <param name="Moved">Items whose codes were changed (not counting an added level).</param>
public sealed record CollisionOutcome(CollisionPolicy Policy, CollisionCounts Before, CollisionCounts After, int Moved)
    : RichRecord
{
    /// <summary>One sentence for logs and captions.</summary>
    public string Summary
    {
        get
        {
            if (Before.SharedItems == 0)
                return "no collisions";
            var found = $"{Before.SharedItems:N0} items shared their codes ({Before.Rate:P2} collisions)";
            return Policy switch
            {
                CollisionPolicy.None => $"{found}, not repaired",
                CollisionPolicy.RandomMember => $"{found}, a random member stands for its tuple",
                CollisionPolicy.ExtraToken => $"{found}, told apart by an extra code",
                _ => $"{found}, {Moved:N0} moved to other last codes, "
                    + (After.SharedItems == 0 ? "none left" : $"{After.SharedItems:N0} still shared"),
            };
        }
    }
}
