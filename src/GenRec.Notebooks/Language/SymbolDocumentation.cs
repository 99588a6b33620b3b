using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace GenRec.Notebooks.Language;

/// <summary>The documentation of parameters and exceptions, which quick info leaves out.</summary>
internal static partial class SymbolDocumentation
{
    private const int MostInherited = 8; // documentation that inherits from itself must end

    /// <summary>Name and text of every documented parameter, in order.</summary>
    public static IEnumerable<(string Name, string Text)> Parameters(XElement? documentation) =>
        (documentation?.Elements("param") ?? []).Select(one => ((string?)one.Attribute("name") ?? "", Text(one)));

    /// <summary>Type and reason of every documented exception.</summary>
    public static IEnumerable<(string Name, string Text)> Exceptions(XElement? documentation) =>
        (documentation?.Elements("exception") ?? []).Select(one => (Reference(one), Text(one)));

    /// <summary>The documentation of a symbol, or of the one it inherits from; null where there is none.</summary>
    public static XElement? Find(ISymbol symbol, CancellationToken cancel)
    {
        // An inheritdoc may name its source; an override or an implementation inherits from what it overrides.
        var documented = symbol.OriginalDefinition;
        for (var step = 0; step < MostInherited; step++)
        {
            // A constructor without a text of its own is a record's or a class's with parameters in its head.
            var documentation =
                Parse(documented, cancel)
                ?? (
                    documented is IMethodSymbol { MethodKind: MethodKind.Constructor }
                        ? Parse(documented.ContainingType, cancel)
                        : null
                );
            if (documentation?.Element("inheritdoc") is not { } inherit)
                return documentation;
            if (Source(documented, inherit) is not { } next)
                return documentation;
            documented = next.OriginalDefinition;
        }
        return null;
    }

    private static ISymbol? Source(ISymbol symbol, XElement inherit)
    {
        if ((string?)inherit.Attribute("cref") is { } named)
            return named.StartsWith("!:", StringComparison.Ordinal) || symbol.ContainingAssembly is null
                ? null
                : symbol.ContainingType?.GetMembers().FirstOrDefault(one => one.GetDocumentationCommentId() == named);
        return symbol switch
        {
            IMethodSymbol { OverriddenMethod: { } overridden } => overridden,
            IPropertySymbol { OverriddenProperty: { } overridden } => overridden,
            _ => symbol
                .ContainingType?.AllInterfaces.SelectMany(one => one.GetMembers(symbol.Name))
                .FirstOrDefault(member =>
                    SymbolEqualityComparer.Default.Equals(
                        symbol.ContainingType.FindImplementationForInterfaceMember(member),
                        symbol
                    )
                ),
        };
    }

    private static XElement? Parse(ISymbol symbol, CancellationToken cancel)
    {
        var text = symbol.GetDocumentationCommentXml(cancellationToken: cancel);
        if (string.IsNullOrWhiteSpace(text))
            return null;
        try
        {
            return XElement.Parse(
                text.TrimStart().StartsWith("<member", StringComparison.Ordinal) ? text : $"<member>{text}</member>"
            );
        }
        catch (XmlException)
        {
            return null; // somebody's documentation is broken, not ours to mend
        }
    }

    private static string Text(XElement element)
    {
        var words = element
            .Nodes()
            .Select(node =>
                node switch
                {
                    XText text => text.Value,
                    XElement { Name.LocalName: "paramref" or "typeparamref" } name => (string?)name.Attribute("name")
                        ?? "",
                    XElement { Name.LocalName: "see" or "seealso", IsEmpty: true } see => Reference(see),
                    XElement inner => Text(inner),
                    _ => "",
                }
            );
        return Blank().Replace(string.Concat(words), " ").Trim();
    }

    // M:GenRec.Shared.Training.Trainer.Fit(...) is Fit to a reader; T:...Table is Table.
    private static string Reference(XElement see)
    {
        if ((string?)see.Attribute("langword") is { } word)
            return word;
        var name = (string?)see.Attribute("cref") ?? (string?)see.Attribute("href") ?? "";
        if (see.Attribute("cref") is null)
            return name;
        var end = name.IndexOf('(', StringComparison.Ordinal);
        var path = end < 0 ? name : name[..end];
        return path[(path.LastIndexOf('.') + 1)..].Split('`')[0];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
