using GenRec.Shared.Decoding;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;

namespace GenRec.Shared.Models;

/// <summary>The vocabulary of a generator over semantic ids, and histories spelled in it.</summary>
/// <remarks>
/// Token 0 is padding and starts the decoder; then the codes of all levels, each level behind the one before; then the tokens
/// that users are hashed to. Special tokens of a text vocabulary are left out: they would only take part in the softmax.
/// </remarks>
public sealed class TigerTokens : RichObject
{
    private readonly int[] tokens; // [(N + 1) * levels], row = item
    private readonly CounterRandom hash = new(0x7469676572); // the same tokens for the same users in every run

    /// <summary>Spells the ids of a catalogue.</summary>
    /// <param name="ids">One id an item.</param>
    /// <param name="userTokens">Tokens for users; 0 for none.</param>
    public TigerTokens(SemanticIdTable ids, int userTokens = 0)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNegative(userTokens);
        (Ids, UserTokens) = (ids, userTokens);
        Layout = TokenLayout.Joint(ids.CodebookSizes.ToArray(), first: 1);
        tokens = [.. ids.ToTokens(first: 1).Select(token => (int)token)];
    }

    /// <summary>The ids.</summary>
    public SemanticIdTable Ids { get; }

    /// <summary>Where each level's codes stand.</summary>
    public TokenLayout Layout { get; }

    /// <summary>m, codes of an item.</summary>
    public int Levels => Ids.Levels;

    /// <summary>Tokens that users are hashed to.</summary>
    public int UserTokens { get; }

    /// <summary>V, all tokens.</summary>
    public int Vocabulary => 1 + Ids.VocabularySize + UserTokens;

    /// <summary>The tokens of an item, <c>[m]</c>.</summary>
    /// <exception cref="ArgumentException">The item has no id here.</exception>
    public ReadOnlySpan<int> Of(int item) =>
        item >= 1 && item <= Ids.ItemCount
            ? tokens.AsSpan(item * Levels, Levels)
            : throw new ArgumentException(
                $"Item {item} has no semantic id: the ids are of the items 1..{Ids.ItemCount}. Use the ids of this catalogue, or "
                    + "leave the item out."
            );

    /// <summary>The token of a user.</summary>
    /// <param name="user">Row of the interactions.</param>
    public int OfUser(int user) => 1 + Ids.VocabularySize + hash.At((ulong)user, 0).Below(UserTokens);

    /// <summary>The input of a history: the user's token where there are such, then the codes of its newest items.</summary>
    /// <param name="history">Item ids, oldest first; may be empty.</param>
    /// <param name="maxItems">n, items that are read.</param>
    /// <param name="user">Row of the interactions; null where unknown: then no token stands for it.</param>
    /// <returns>At least one token: an empty input is the padding token.</returns>
    public int[] Input(ReadOnlySpan<int> history, int maxItems, int? user = null)
    {
        var newest = history[Math.Max(0, history.Length - maxItems)..];
        var before = UserTokens > 0 && user is not null ? 1 : 0;
        var input = new int[Math.Max(1, before + newest.Length * Levels)];
        if (before == 1)
            input[0] = OfUser(user!.Value);
        for (var at = 0; at < newest.Length; at++)
            Of(newest[at]).CopyTo(input.AsSpan(before + at * Levels));
        return input;
    }

    /// <summary>Throws where the ids are of another catalogue than the interactions.</summary>
    /// <exception cref="ArgumentException">The numbers of items differ; names both.</exception>
    public void RequireCatalogue(int itemCount)
    {
        if (itemCount != Ids.ItemCount)
            throw new ArgumentException(
                $"The interactions have {itemCount} items, the semantic ids {Ids.ItemCount}: they are of different catalogues."
            );
    }
}
