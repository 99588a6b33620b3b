namespace GenRec.Notebooks.Language;

/// <summary>What may be written at a place.</summary>
/// <param name="Start">First UTF-16 unit that a chosen item replaces.</param>
/// <param name="End">The unit after the last one replaced; equal to <paramref name="Start"/> to insert.</param>
/// <param name="Items">The choices, best first.</param>
public sealed record CompletionList(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>One choice.</summary>
/// <param name="Text">What is put into the code.</param>
/// <param name="Label">What the list shows.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Signature">Parameters and type, such as <c>(int k) -> Metric</c>; null where it has none.</param>
public sealed record CompletionItem(string Text, string Label, CompletionKind Kind, string? Signature);

/// <summary>What a completion stands for; editors choose an icon by it.</summary>
public enum CompletionKind
{
    /// <summary>Anything else.</summary>
    Text,

    /// <summary>A word of the language.</summary>
    Keyword,

    /// <summary>A namespace.</summary>
    Namespace,

    /// <summary>A class or record.</summary>
    Class,

    /// <summary>A struct.</summary>
    Struct,

    /// <summary>An interface.</summary>
    Interface,

    /// <summary>An enum.</summary>
    Enum,

    /// <summary>A member of an enum.</summary>
    EnumMember,

    /// <summary>A delegate.</summary>
    Delegate,

    /// <summary>A type parameter.</summary>
    TypeParameter,

    /// <summary>A method or local function.</summary>
    Method,

    /// <summary>A property.</summary>
    Property,

    /// <summary>A field; a variable of an earlier cell is one.</summary>
    Field,

    /// <summary>A constant.</summary>
    Constant,

    /// <summary>An event.</summary>
    Event,

    /// <summary>A local variable, parameter or range variable.</summary>
    Variable,

    /// <summary>A ready-made piece of code.</summary>
    Snippet,

    /// <summary>A path of a file or folder.</summary>
    File,

    /// <summary>A directive such as <c>#!import</c>.</summary>
    Directive,
}
