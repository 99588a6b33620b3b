namespace GenRec.Shared.Display;

/// <summary>Tells .NET Interactive who formats a type. It matches this attribute by name, so no reference to it is needed.</summary>
/// <remarks>Convention: dotnet/interactive, Microsoft.DotNet.Interactive.Formatting/Formatter.cs.</remarks>
/// <param name="formatterSourceType">A type with a parameterless constructor and <c>CreateTypeFormatters()</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = true, AllowMultiple = false)]
public sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>The type whose <c>CreateTypeFormatters()</c> gives the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>MIME types that go into one output together, richest first.</summary>
    public string[] PreferredMimeTypes { get; set; } = [MimeTypes.Html, MimeTypes.Text];
}
