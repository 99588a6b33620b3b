namespace GenRec.Shared.Display;

/// <summary>Base of the project's rich values: HTML and plain text in one bundle.</summary>
[TypeFormatterSource(typeof(RichValueFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public abstract class RichValue : IRichValue
{
    /// <inheritdoc/>
    public abstract string ToHtml();

    /// <inheritdoc/>
    public abstract string ToText();

    /// <inheritdoc/>
    public virtual IReadOnlyDictionary<string, string> ToMimeBundle() =>
        new Dictionary<string, string> { [MimeTypes.Html] = ToHtml(), [MimeTypes.Text] = ToText() };

    /// <summary>The plain text form.</summary>
    public sealed override string ToString() => ToText();
}
