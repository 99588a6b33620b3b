namespace GenRec.Shared.Display;

/// <summary>Base of the project's records: a cell that ends in one shows a card of it, in every host.</summary>
/// <remarks>Hosts would else show the tree of its properties. A record with a better form overrides <see cref="AsTable"/>.</remarks>
[TypeFormatterSource(typeof(RichValueFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public abstract record RichRecord : IRichValue
{
    /// <inheritdoc/>
    public virtual string ToHtml() => AsTable().ToHtml();

    /// <inheritdoc/>
    public virtual string ToText() => AsTable().ToText();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() =>
        new Dictionary<string, string> { [MimeTypes.Html] = ToHtml(), [MimeTypes.Text] = ToText() };

    /// <summary>The record as a table: by default one row for each property.</summary>
    protected virtual Table AsTable() => ObjectCard.Of(this);
}

/// <summary>The same for classes that are not records.</summary>
[TypeFormatterSource(typeof(RichValueFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public abstract class RichObject : IRichValue
{
    /// <inheritdoc/>
    public virtual string ToHtml() => AsTable().ToHtml();

    /// <inheritdoc/>
    public virtual string ToText() => AsTable().ToText();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() =>
        new Dictionary<string, string> { [MimeTypes.Html] = ToHtml(), [MimeTypes.Text] = ToText() };

    /// <summary>The value as a table: by default one row for each property.</summary>
    protected virtual Table AsTable() => ObjectCard.Of(this);
}
