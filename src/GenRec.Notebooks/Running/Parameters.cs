using System.Globalization;
using System.Text;
using GenRec.Notebooks.Files;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GenRec.Notebooks.Running;

/// <summary>A parameter is unknown, or its value does not fit.</summary>
public sealed class ParameterException : Exception
{
    /// <summary>An error without a message of its own.</summary>
    public ParameterException()
        : this("A parameter is wrong.") { }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    public ParameterException(string message)
        : base(message) { }

    /// <summary>An error with a message and its cause.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ParameterException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>A variable declared in the cell tagged <c>parameters</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as written, or found from its first value where it says <c>var</c>.</param>
/// <param name="Value">Its first value as written.</param>
/// <param name="IsConstant">True for <c>const</c>.</param>
public sealed record NotebookParameter(string Name, string Type, string Value, bool IsConstant);

/// <summary>Reads and overrides the parameters of a notebook, as papermill does.</summary>
public static class Parameters
{
    /// <summary>The tag of the cell that declares the parameters.</summary>
    public const string Tag = "parameters";

    /// <summary>The tag of the cell that overrides them.</summary>
    public const string InjectedTag = "injected-parameters";

    private static readonly string[] Whole = ["sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong"];

    /// <summary>The parameters of a notebook; empty where no cell is tagged.</summary>
    /// <param name="notebook">The notebook.</param>
    public static IReadOnlyList<NotebookParameter> Of(Notebook notebook)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        return IndexOf(notebook) is >= 0 and var index ? Declared(notebook.Cells[index].Source) : [];
    }

    /// <summary>Puts a cell with new values behind the parameters cell, in place of an earlier one.</summary>
    /// <param name="notebook">The notebook; it is changed.</param>
    /// <param name="values">New values by name, as text.</param>
    /// <exception cref="ParameterException">A name is unknown or a value does not fit; the message names what is
    /// known.</exception>
    public static void Inject(Notebook notebook, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            return;
        var known = Of(notebook);
        var code = new StringBuilder("// Parameters\n");
        foreach (var (name, value) in values)
        {
            var parameter = known.FirstOrDefault(parameter => parameter.Name == name);
            if (parameter is null)
                throw new ParameterException(
                    known.Count == 0
                        ? $"'{name}' cannot be set: the notebook has no cell tagged '{Tag}'."
                        : $"'{name}' is not a parameter; known are {string.Join(", ", known.Select(p => p.Name))}."
                );
            var literal = Literal(parameter, value);
            code.Append(parameter.IsConstant ? $"const {parameter.Type} " : "").Append($"{name} = {literal};\n");
        }
        for (var i = notebook.Cells.Count - 1; i >= 0; i--)
            if (notebook.Cells[i].HasTag(InjectedTag))
                notebook.RemoveAt(i);
        notebook.InsertCode(IndexOf(notebook) + 1, code.ToString().TrimEnd('\n'), InjectedTag);
    }

    private static int IndexOf(Notebook notebook) =>
        notebook.Cells.Index().Where(cell => cell.Item.HasTag(Tag)).Select(cell => cell.Index).FirstOrDefault(-1);

    private static List<NotebookParameter> Declared(string code)
    {
        var options = new CSharpParseOptions(LanguageVersion.CSharp13, kind: SourceCodeKind.Script);
        var root = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(code, options).GetRoot();
        return
        [
            .. root
                .Members.OfType<FieldDeclarationSyntax>()
                .SelectMany(field =>
                    field
                        .Declaration.Variables.Where(variable => variable.Initializer is not null)
                        .Select(variable => new NotebookParameter(
                            variable.Identifier.Text,
                            TypeOf(field.Declaration.Type, variable.Initializer!.Value),
                            variable.Initializer.Value.ToString(),
                            field.Modifiers.Any(SyntaxKind.ConstKeyword)
                        ))
                ),
        ];
    }

    private static string TypeOf(TypeSyntax type, ExpressionSyntax value)
    {
        if (!type.IsVar)
            return type.ToString();
        while (value is PrefixUnaryExpressionSyntax sign)
            value = sign.Operand;
        return value switch
        {
            LiteralExpressionSyntax { Token.Value: { } literal } => Keyword(literal.GetType()),
            MemberAccessExpressionSyntax member => member.Expression.ToString(), // an enum: Scale.Smoke
            ArrayCreationExpressionSyntax array => array.Type.ToString(),
            ObjectCreationExpressionSyntax created => created.Type.ToString(),
            _ => "var",
        };
    }

    private static string Keyword(Type type) =>
        Type.GetTypeCode(type) switch
        {
            TypeCode.String => "string",
            TypeCode.Boolean => "bool",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.Int64 => "long",
            TypeCode.UInt64 => "ulong",
            TypeCode.Single => "float",
            TypeCode.Double => "double",
            TypeCode.Decimal => "decimal",
            TypeCode.Char => "char",
            _ => type.Name,
        };

    private static string Literal(NotebookParameter parameter, string value)
    {
        var type = parameter.Type;
        if (type.EndsWith('?'))
        {
            if (value == "null")
                return value;
            type = type[..^1];
        }
        if (type.EndsWith("[]", StringComparison.Ordinal))
        {
            var items = value
                .Trim()
                .Trim('[', ']')
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return "[" + string.Join(", ", items.Select(item => Scalar(parameter, type[..^2], item))) + "]";
        }
        return Scalar(parameter, type, value);
    }

    private static string Scalar(NotebookParameter parameter, string type, string value)
    {
        var invariant = CultureInfo.InvariantCulture;
        var trimmed = value.Trim();
        switch (type)
        {
            case "string":
                return SymbolDisplay.FormatLiteral(value, quote: true);
            case "char" when value.Length == 1:
                return SymbolDisplay.FormatLiteral(value[0], quote: true);
            case "bool" when bool.TryParse(trimmed, out var flag):
                return flag ? "true" : "false";
            case "float" when float.TryParse(trimmed, NumberStyles.Float, invariant, out var f) && float.IsFinite(f):
                return f.ToString("R", invariant) + "f";
            case "double" when double.TryParse(trimmed, NumberStyles.Float, invariant, out var d) && double.IsFinite(d):
                return d.ToString("R", invariant) + "d";
            case "decimal" when decimal.TryParse(trimmed, NumberStyles.Float, invariant, out var m):
                return m.ToString(invariant) + "m";
            case "TimeSpan" when TimeSpan.TryParse(trimmed, invariant, out var span):
                return $"TimeSpan.Parse(\"{span:c}\")";
            case "string" or "char" or "bool" or "float" or "double" or "decimal" or "TimeSpan":
                throw Wrong(parameter, type, value);
        }
        if (Array.IndexOf(Whole, type) >= 0)
            return Fits(type, trimmed)
                ? Int128.Parse(trimmed, invariant).ToString(invariant)
                : throw Wrong(parameter, type, value);
        // Anything else is taken for an enum: the compiler knows its members and names a wrong one.
        var member = trimmed[(trimmed.LastIndexOf('.') + 1)..];
        return SyntaxFacts.IsValidIdentifier(member) && type != "var"
            ? $"{type}.{member}"
            : throw Wrong(parameter, type, value);
    }

    private static bool Fits(string type, string value)
    {
        if (!Int128.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return false;
        var (low, high) = type switch
        {
            "sbyte" => ((Int128)sbyte.MinValue, (Int128)sbyte.MaxValue),
            "byte" => (byte.MinValue, byte.MaxValue),
            "short" => (short.MinValue, short.MaxValue),
            "ushort" => (ushort.MinValue, ushort.MaxValue),
            "int" => (int.MinValue, int.MaxValue),
            "uint" => (uint.MinValue, uint.MaxValue),
            "long" => (long.MinValue, long.MaxValue),
            _ => (ulong.MinValue, ulong.MaxValue),
        };
        return number >= low && number <= high;
    }

    private static ParameterException Wrong(NotebookParameter parameter, string type, string value) =>
        new(
            $"'{value}' is not a value of the parameter {parameter.Name}, which is of type {type} (such as {parameter.Value})."
        );
}
