using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds;

/// <summary>The semantic id of every item: a tuple of codes for each of the items <c>1..N</c>.</summary>
/// <remarks>
/// TIGER (arXiv:2305.05065) calls the tuple a Semantic ID. Codes of level <c>l</c> are <c>0..CodebookSizes[l]-1</c>. Several
/// items may share a tuple; <see cref="CollisionRepair"/> says what can be done about it, and
/// <see cref="RequireUnique"/> refuses such a table where it must not be.
/// </remarks>
public sealed class SemanticIdTable : RichValue
{
    private readonly int[] sizes;
    private readonly int[] codes;
    private readonly Lazy<(int[] Labels, int[] Counts)> tuples;

    /// <summary>Wraps codes without copying them.</summary>
    /// <param name="codebookSizes">Codes that each level may have; at least one level, each at least 1.</param>
    /// <param name="codes"><c>[N * levels]</c>, item after item, from item 1.</param>
    /// <param name="structure">How the levels belong together.</param>
    /// <param name="isNumbered">Whether the last level only tells items of equal codes apart, as TIGER's fourth code.</param>
    /// <exception cref="ArgumentException">The number of codes does not fit, or a code is outside its codebook.</exception>
    public SemanticIdTable(
        IReadOnlyList<int> codebookSizes,
        int[] codes,
        CodeStructure structure = CodeStructure.Residual,
        bool isNumbered = false
    )
    {
        ArgumentNullException.ThrowIfNull(codebookSizes);
        ArgumentNullException.ThrowIfNull(codes);
        if (codebookSizes.Count == 0)
            throw new ArgumentException("Semantic ids need at least one level.", nameof(codebookSizes));
        if (codebookSizes.FirstOrDefault(size => size < 1, 1) is < 1 and var wrong)
            throw new ArgumentException($"A codebook of {wrong} codes holds nothing.", nameof(codebookSizes));
        if (codes.Length == 0 || codes.Length % codebookSizes.Count != 0)
            throw new ArgumentException(
                $"{codes.Length} codes do not make rows of {codebookSizes.Count}, one for each item.",
                nameof(codes)
            );
        if (isNumbered && codebookSizes.Count == 1)
            throw new ArgumentException("The only level cannot be the number of equal ids.", nameof(isNumbered));
        (sizes, this.codes, Structure, IsNumbered) = ([.. codebookSizes], codes, structure, isNumbered);
        for (var at = 0; at < codes.Length; at++)
            if ((uint)codes[at] >= (uint)sizes[at % sizes.Length])
                throw new ArgumentException(
                    $"Item {at / sizes.Length + 1} has the code {codes[at]} on level {at % sizes.Length + 1}, whose codes are "
                        + $"0..{sizes[at % sizes.Length] - 1}.",
                    nameof(codes)
                );
        tuples = new(() => Label(Levels));
    }

    /// <summary>N, the number of items.</summary>
    public int ItemCount => codes.Length / sizes.Length;

    /// <summary>Codes of one item.</summary>
    public int Levels => sizes.Length;

    /// <summary>Levels that come from content: all, or all but the last where that one <see cref="IsNumbered"/>.</summary>
    public int ContentLevels => IsNumbered ? Levels - 1 : Levels;

    /// <summary>Codes of each level, <c>[Levels]</c>.</summary>
    public ReadOnlySpan<int> CodebookSizes => sizes;

    /// <summary>How the levels belong together.</summary>
    public CodeStructure Structure { get; }

    /// <summary>Whether the last level is only a number among items of equal codes.</summary>
    public bool IsNumbered { get; }

    /// <summary>What it was made from; null where unknown.</summary>
    public SemanticIdOrigin? Origin { get; init; }

    /// <summary>All codes, <c>[N * Levels]</c>, item after item, from item 1.</summary>
    public ReadOnlySpan<int> Codes => codes;

    /// <summary>Number of items, codes of each level and a short hash of all codes: what a checkpoint is refused other ids by.</summary>
    public string Fingerprint
    {
        get
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Codes)))[..16];
            return $"{ItemCount} x {string.Join(",", sizes)} {hash}";
        }
    }

    /// <summary>The codes of one item, <c>[Levels]</c>.</summary>
    /// <param name="item">Item id, <c>1..N</c>.</param>
    public ReadOnlySpan<int> this[int item] =>
        item >= 1 && item <= ItemCount
            ? codes.AsSpan((item - 1) * Levels, Levels)
            : throw new ArgumentOutOfRangeException(nameof(item), item, $"Items are 1..{ItemCount}.");

    /// <summary>Different tuples, <c>1..N</c>.</summary>
    public int TupleCount => tuples.Value.Counts.Length;

    /// <summary>Whether every item has its tuple to itself.</summary>
    public bool IsUnique => TupleCount == ItemCount;

    /// <summary>Tuples that the codebooks could spell, as a floating-point number because it grows beyond 64 bits.</summary>
    public double Capacity => sizes.Aggregate(1.0, (product, size) => product * size);

    /// <summary>Tokens of all levels together.</summary>
    public int VocabularySize => sizes.Sum();

    /// <summary>Published or imported codes as a table.</summary>
    /// <param name="published">Codes of each item.</param>
    /// <param name="codebookSizes">Sizes as published; null takes the largest code of each level plus one.</param>
    /// <param name="structure">How the levels belong together.</param>
    /// <param name="isNumbered">Whether the last level only tells items of equal codes apart.</param>
    /// <exception cref="ArgumentException">A code is outside its codebook.</exception>
    public static SemanticIdTable From(
        ItemCodes published,
        IReadOnlyList<int>? codebookSizes = null,
        CodeStructure structure = CodeStructure.Residual,
        bool isNumbered = false
    )
    {
        ArgumentNullException.ThrowIfNull(published);
        var codes = published.Codes.ToArray();
        if (codebookSizes is null)
        {
            var found = new int[published.Levels];
            for (var at = 0; at < codes.Length; at++)
                found[at % found.Length] = Math.Max(found[at % found.Length], codes[at] + 1);
            codebookSizes = found;
        }
        return new SemanticIdTable(codebookSizes, codes, structure, isNumbered);
    }

    /// <summary>The ids without the level that only numbers equal ones; the table itself where there is no such level.</summary>
    public SemanticIdTable ContentIds()
    {
        if (!IsNumbered)
            return this;
        var kept = new int[ItemCount * ContentLevels];
        for (var row = 0; row < ItemCount; row++)
            this[row + 1][..ContentLevels].CopyTo(kept.AsSpan(row * ContentLevels));
        return With(sizes[..ContentLevels], kept, isNumbered: false);
    }

    /// <summary>The items that have these codes, ascending; empty where none has.</summary>
    /// <param name="id">A whole tuple, <c>[Levels]</c>. Each call looks at all items: a trie is the tool for many.</param>
    public IReadOnlyList<int> ItemsOf(ReadOnlySpan<int> id)
    {
        var found = new List<int>();
        for (var item = 1; item <= ItemCount; item++)
            if (this[item].SequenceEqual(id))
                found.Add(item);
        return found;
    }

    /// <summary>Items that share the tuple of an item, itself counted: 1 where it is alone.</summary>
    public int GroupSizeOf(int item) =>
        item >= 1 && item <= ItemCount
            ? tuples.Value.Counts[tuples.Value.Labels[item - 1]]
            : throw new ArgumentOutOfRangeException(nameof(item), item, $"Items are 1..{ItemCount}.");

    /// <summary>
    /// What finding an item by its tuple is worth: <c>1 / group size</c>, the chance of naming the right member
    /// (collision-corrected evaluation, arXiv:2605.25330).
    /// </summary>
    public double CreditOf(int item) => 1.0 / GroupSizeOf(item);

    /// <summary>Numbers the different prefixes of a length in order of first appearance.</summary>
    /// <param name="depth">Levels of the prefix, <c>0..Levels</c>.</param>
    /// <returns>The prefix's number of each item, <c>[N]</c>, row = item - 1, and how many items each has.</returns>
    public (int[] Labels, int[] Counts) Label(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, Levels);
        var labels = new int[ItemCount];
        var counts = new List<int> { ItemCount };
        var known = new Dictionary<long, int>(ItemCount);
        for (var level = 0; level < depth; level++)
        {
            known.Clear();
            counts.Clear();
            for (var row = 0; row < labels.Length; row++)
            {
                var key = (long)labels[row] * sizes[level] + codes[row * sizes.Length + level];
                ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(known, key, out var exists);
                if (!exists)
                {
                    label = counts.Count;
                    counts.Add(0);
                }
                labels[row] = label;
                counts[label]++;
            }
        }
        return (labels, [.. counts]);
    }

    /// <summary>The groups of items that share their whole tuple, each ascending, in the order of their first item.</summary>
    public IReadOnlyList<IReadOnlyList<int>> SharedTuples()
    {
        var (labels, counts) = tuples.Value;
        var groups = new Dictionary<int, List<int>>();
        for (var row = 0; row < labels.Length; row++)
            if (counts[labels[row]] > 1)
                if (groups.TryGetValue(labels[row], out var group))
                    group.Add(row + 1);
                else
                    groups[labels[row]] = [row + 1];
        return [.. groups.Values];
    }

    /// <summary>This table, where every item has its tuple to itself.</summary>
    /// <exception cref="InvalidOperationException">Items share a tuple; names the first of them and what to do.</exception>
    public SemanticIdTable RequireUnique()
    {
        if (IsUnique)
            return this;
        var group = SharedTuples()[0];
        throw new InvalidOperationException(
            $"{ItemCount} items have {TupleCount} different ids: items {string.Join(", ", group.Take(4))} share "
                + $"({string.Join(", ", this[group[0]].ToArray())}). Repair the collisions first (CollisionRepair)."
        );
    }

    /// <summary>Codes as tokens of one vocabulary: level <c>l</c>, code <c>c</c> is <c>first + sum of sizes before l + c</c>.</summary>
    /// <param name="first">The token of code 0 of level 1; what lies below is free for padding and special tokens.</param>
    /// <returns><c>[(N + 1) * Levels]</c>, row = item id; row 0 belongs to padding and is all 0.</returns>
    public long[] ToTokens(int first = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        var tokens = new long[(ItemCount + 1) * Levels];
        for (var (level, start) = (0, (long)first); level < Levels; start += sizes[level++])
        for (var row = 0; row < ItemCount; row++)
            tokens[(row + 1) * Levels + level] = start + codes[row * Levels + level];
        return tokens;
    }

    /// <summary><see cref="ToTokens"/> as a tensor, <c>[N + 1, Levels]</c>, int64, owned by the caller.</summary>
    public Tensor ToTokenTensor(int first = 1, Device? device = null) =>
        tensor(ToTokens(first), ItemCount + 1, Levels, dtype: ScalarType.Int64, device: device);

    /// <summary>The same ids with other codes or one more level; structure and origin stay.</summary>
    internal SemanticIdTable With(IReadOnlyList<int> codebookSizes, int[] changed, bool isNumbered) =>
        new(codebookSizes, changed, Structure, isNumbered) { Origin = Origin };

    /// <summary>The first items with their codes.</summary>
    /// <param name="items">Items to show.</param>
    /// <param name="titles">A name for each item, or null.</param>
    public Table Rows(int items = 10, Func<int, string?>? titles = null) =>
        new(
            [
                "item",
                .. Enumerable.Range(1, Levels).Select(Head),
                .. titles is null ? [] : new TableColumn[] { "title" },
            ],
            [
                .. Enumerable
                    .Range(1, Math.Min(items, ItemCount))
                    .Select(item =>
                        (object?[])
                            [
                                item,
                                .. this[item].ToArray().Cast<object?>(),
                                .. titles is null ? [] : new[] { titles(item) },
                            ]
                    ),
            ]
        )
        {
            Title = Heading(),
            Caption = ItemCount > items ? $"{ItemCount - items:N0} more items." : null,
            MaxRows = Math.Max(1, items),
        };

    /// <inheritdoc/>
    public override string ToHtml() => Rows().ToHtml();

    /// <inheritdoc/>
    public override string ToText() => Rows().ToText();

    private TableColumn Head(int level) =>
        level == Levels && IsNumbered ? "number" : $"level {level} of {sizes[level - 1]}";

    private string Heading() =>
        $"Semantic ids{(Origin is null ? "" : $" by {Origin.Method}")}: {ItemCount:N0} items, {TupleCount:N0} different tuples"
        + (Origin?.Collisions is { } collisions ? $"; {collisions}" : "");
}
