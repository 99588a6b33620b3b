using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GenRec.Notebooks.Language;

/// <summary>Parameters and types of completion items, looked up by name where the cursor stands.</summary>
internal sealed class CompletionSignatures(SemanticModel model, int start, CancellationToken cancel)
{
    private const int Most = 60; // items further down are seldom looked at

    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat
        .MinimallyQualifiedFormat.RemoveMemberOptions(SymbolDisplayMemberOptions.IncludeContainingType)
        .WithMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.UseSpecialTypes
                | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
        );

    private static readonly SymbolDisplayFormat Parameters = TypeFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters)
        .WithParameterOptions(
            SymbolDisplayParameterOptions.IncludeType
                | SymbolDisplayParameterOptions.IncludeName
                | SymbolDisplayParameterOptions.IncludeParamsRefOut
                | SymbolDisplayParameterOptions.IncludeDefaultValue
                | SymbolDisplayParameterOptions.IncludeOptionalBrackets
        );

    private readonly Lazy<INamespaceOrTypeSymbol?> container = new(() => Container(model, start, cancel));

    /// <summary>The signature of an item, such as <c>(int k) -> Metric</c>; null where it has none.</summary>
    public string? Of(ChosenItem item, int at)
    {
        if (at >= Most)
            return null;
        var found = model.LookupSymbols(start, container.Value, item.Name, includeReducedExtensionMethods: true);
        // An override and what it overrides are one to the caller.
        return found.IsEmpty ? null : Text(found[0], found.OfType<IMethodSymbol>().DistinctBy(ParametersOf).Count());
    }

    private static string? Text(ISymbol symbol, int overloads) =>
        symbol switch
        {
            IMethodSymbol method => ParametersOf(method)
                + " -> "
                + Name(method.ReturnType)
                + (overloads > 1 ? $" (+ {overloads - 1} overload{(overloads > 2 ? "s" : "")})" : ""),
            IPropertySymbol property => "-> " + Name(property.Type),
            IFieldSymbol field => "-> " + Name(field.Type),
            ILocalSymbol local => "-> " + Name(local.Type),
            IParameterSymbol parameter => "-> " + Name(parameter.Type),
            IRangeVariableSymbol => null,
            IEventSymbol happening => "-> " + Name(happening.Type),
            _ => null,
        };

    private static string ParametersOf(IMethodSymbol method)
    {
        var text = method.ToDisplayString(Parameters);
        return text[text.IndexOf('(', StringComparison.Ordinal)..];
    }

    private static string Name(ITypeSymbol type) => type.ToDisplayString(TypeFormat);

    // What stands before the dot: a value's type, a type, a namespace.
    private static INamespaceOrTypeSymbol? Container(SemanticModel model, int start, CancellationToken cancel)
    {
        if (start == 0)
            return null;
        var dot = model.SyntaxTree.GetRoot(cancel).FindToken(start - 1);
        if (!dot.IsKind(SyntaxKind.DotToken))
            return null;
        var before = dot.Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            QualifiedNameSyntax name => name.Left,
            MemberBindingExpressionSyntax binding => binding
                .FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>()
                ?.Expression,
            _ => null,
        };
        if (before is null)
            return null;
        return model.GetSymbolInfo(before, cancel).Symbol as INamespaceOrTypeSymbol
            ?? model.GetTypeInfo(before, cancel).Type;
    }
}
