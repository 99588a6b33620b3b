using System.Collections.Immutable;
using Microsoft.CodeAnalysis.Tags;
using RoslynItem = Microsoft.CodeAnalysis.Completion.CompletionItem;

namespace GenRec.Notebooks.Language;

/// <summary>An item that is shown.</summary>
/// <param name="Text">What is put into the code.</param>
/// <param name="Name">The symbol's own name.</param>
/// <param name="Kind">What it is.</param>
internal sealed record ChosenItem(string Text, string Name, CompletionKind Kind);

/// <summary>Keeps what fits to what was typed, and puts the likeliest first.</summary>
/// <remarks>
/// Names that begin with what was typed; only where there is none, names whose capitals do (<c>WL</c> for
/// <c>WriteLine</c>), then names that contain it. Front ends of Jupyter show what they get, unfiltered.
/// </remarks>
internal static class CompletionRanking
{
    private static readonly Dictionary<string, CompletionKind> Kinds = new(StringComparer.Ordinal)
    {
        [WellKnownTags.Keyword] = CompletionKind.Keyword,
        [WellKnownTags.Namespace] = CompletionKind.Namespace,
        [WellKnownTags.Class] = CompletionKind.Class,
        [WellKnownTags.Structure] = CompletionKind.Struct,
        [WellKnownTags.Interface] = CompletionKind.Interface,
        [WellKnownTags.Enum] = CompletionKind.Enum,
        [WellKnownTags.EnumMember] = CompletionKind.EnumMember,
        [WellKnownTags.Delegate] = CompletionKind.Delegate,
        [WellKnownTags.TypeParameter] = CompletionKind.TypeParameter,
        [WellKnownTags.Method] = CompletionKind.Method,
        [WellKnownTags.ExtensionMethod] = CompletionKind.Method,
        [WellKnownTags.Property] = CompletionKind.Property,
        [WellKnownTags.Field] = CompletionKind.Field,
        [WellKnownTags.Constant] = CompletionKind.Constant,
        [WellKnownTags.Event] = CompletionKind.Event,
        [WellKnownTags.Local] = CompletionKind.Variable,
        [WellKnownTags.Parameter] = CompletionKind.Variable,
        [WellKnownTags.RangeVariable] = CompletionKind.Variable,
        [WellKnownTags.Label] = CompletionKind.Text,
    };

    private static readonly string[] OfEveryObject =
    [
        "Equals",
        "GetHashCode",
        "GetType",
        "ReferenceEquals",
        "ToString",
    ];

    public static IReadOnlyList<ChosenItem> Choose(
        IReadOnlyList<RoslynItem> items,
        string typed,
        IReadOnlySet<string> declared
    )
    {
        var usable = items.Where(IsPlain).Select(item => (Item: item, Match: Match(item.FilterText, typed))).ToArray();
        var best = usable.Select(one => one.Match).DefaultIfEmpty(Fit.None).Min();
        if (best == Fit.None)
            return [];
        // A difference in capitals alone does not part one prefix from another.
        var most = best <= Fit.PrefixInOtherCase ? Fit.PrefixInOtherCase : best;
        return
        [
            .. usable
                .Where(one => one.Match <= most)
                .OrderBy(one => one.Match)
                .ThenBy(one => Group(one.Item, declared))
                .ThenByDescending(one => one.Item.Rules.MatchPriority)
                .ThenBy(one => one.Item.DisplayText.Length == typed.Length ? 0 : 1)
                .ThenBy(one => one.Item.SortText, StringComparer.OrdinalIgnoreCase)
                .Select(one => new ChosenItem(TextOf(one.Item), one.Item.DisplayText, KindOf(one.Item.Tags)))
                .DistinctBy(one => one.Text),
        ];
    }

    // Snippets, casts, overrides and names of namespaces that are not open change more than the word being written.
    private static bool IsPlain(RoslynItem item) =>
        !item.IsComplexTextEdit
        && !item.Tags.Contains(WellKnownTags.Snippet)
        && item.InlineDescription.Length == 0
        && item.DisplayText is [var first, ..]
        && (char.IsLetter(first) || first is '_' or '@');

    private static string TextOf(RoslynItem item) =>
        item.Properties.TryGetValue("InsertionText", out var text) ? text
        : item.DisplayTextSuffix == ":" ? item.DisplayText + ":" // a named argument
        : item.DisplayText;

    private static int Group(RoslynItem item, IReadOnlySet<string> declared)
    {
        var kind = KindOf(item.Tags);
        if (kind == CompletionKind.Variable)
            return 0;
        if (declared.Contains(item.DisplayText))
            return 1;
        if (OfEveryObject.Contains(item.DisplayText))
            return 6;
        return kind switch
        {
            CompletionKind.Method when item.Tags.Contains(WellKnownTags.ExtensionMethod) => 3,
            CompletionKind.Method
            or CompletionKind.Property
            or CompletionKind.Field
            or CompletionKind.Constant
            or CompletionKind.EnumMember
            or CompletionKind.Event => 2,
            CompletionKind.Keyword => 4,
            _ => 5,
        };
    }

    private static CompletionKind KindOf(ImmutableArray<string> tags)
    {
        foreach (var tag in tags)
            if (Kinds.TryGetValue(tag, out var kind))
                return kind;
        return CompletionKind.Text;
    }

    private static Fit Match(string name, string typed)
    {
        if (name.StartsWith(typed, StringComparison.Ordinal))
            return Fit.Prefix;
        if (name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            return Fit.PrefixInOtherCase;
        if (Capitals(name).StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            return Fit.Capitals;
        return name.Contains(typed, StringComparison.OrdinalIgnoreCase) ? Fit.Inside : Fit.None;
    }

    private static string Capitals(string name) =>
        string.Concat(name.Where((letter, at) => at == 0 || char.IsUpper(letter) || name[at - 1] == '_'));

    private enum Fit
    {
        Prefix,
        PrefixInOtherCase,
        Capitals,
        Inside,
        None,
    }
}
