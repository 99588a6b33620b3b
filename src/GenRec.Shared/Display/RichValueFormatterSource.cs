namespace GenRec.Shared.Display;

/// <summary>Gives .NET Interactive one formatter for each MIME type of <see cref="IRichValue"/>; found by name.</summary>
public sealed class RichValueFormatterSource
{
#pragma warning disable CA1822 // found by name on an instance
    /// <summary>The formatters: objects with <c>MimeType</c> and <c>Format(object, TextWriter)</c>.</summary>
    public IEnumerable<object> CreateTypeFormatters() =>
        [
            new RichValueFormatter(MimeTypes.Plotly),
            new RichValueFormatter(MimeTypes.Html),
            new RichValueFormatter(MimeTypes.Text),
        ];
#pragma warning restore CA1822
}

/// <summary>Writes one MIME form of an <see cref="IRichValue"/>.</summary>
/// <param name="mimeType">The form that <see cref="Format"/> writes.</param>
public sealed class RichValueFormatter(string mimeType)
{
    /// <summary>The form that <see cref="Format"/> writes.</summary>
    public string MimeType { get; } = mimeType;

    /// <summary>Writes the form, or returns false when the value does not have it.</summary>
    public bool Format(object instance, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (instance is not IRichValue value || !value.ToMimeBundle().TryGetValue(MimeType, out var content))
            return false;
        writer.Write(content);
        return true;
    }
}
