namespace GenRec.Shared.Display;

/// <summary>A piece of HTML with its plain-text form, for the rare cell that needs its own markup.</summary>
/// <param name="html">HTML, taken as it is: escape what comes from data.</param>
/// <param name="text">What a terminal shows instead.</param>
public sealed class Markup(string html, string text) : RichValue
{
    /// <inheritdoc/>
    public override string ToHtml() => html;

    /// <inheritdoc/>
    public override string ToText() => text;
}
