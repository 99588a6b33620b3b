using System.Globalization;
using System.Text;

namespace GenRec.Shared.Display;

/// <summary>How far long work is: one line and a bar.</summary>
/// <param name="Title">What is done.</param>
/// <param name="Share">The share done, 0..1; NaN where nobody knows.</param>
/// <param name="Facts">What to say beside the bar, in order: <c>epoch 3 of 20</c>, <c>loss 6.1234</c>.</param>
public sealed record ProgressLine(string Title, double Share, IReadOnlyList<string> Facts) : RichRecord
{
    private const int Cells = 24;

    /// <summary>Time left; null where it is not known.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>Time taken; shown instead of the bar when the work is over or stopped.</summary>
    public TimeSpan? Took { get; init; }

    private bool IsKnown => double.IsFinite(Share);

    private double Done => Math.Clamp(Share, 0, 1);

    /// <inheritdoc/>
    public override string ToText()
    {
        var text = new StringBuilder(Title);
        if (Took is null && IsKnown)
        {
            var full = (int)(Done * Cells);
            text.Append("  ").Append('#', full).Append('.', Cells - full);
        }
        foreach (var word in Words())
            text.Append("  ").Append(word);
        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToHtml()
    {
        var html = new StringBuilder("<div style=\"font-variant-numeric:tabular-nums;padding:2px 0\">");
        html.Append("<strong>").Append(HtmlText.Escape(Title)).Append("</strong>");
        foreach (var word in Words())
            html.Append(" &#160; <span style=\"white-space:nowrap\">").Append(HtmlText.Escape(word)).Append("</span>");
        if (Took is null && IsKnown)
        {
            // Both colours are the text's own, so the bar is seen on dark and light pages alike.
            var percent = (100 * Done).ToString("0.#", CultureInfo.InvariantCulture);
            html.Append("<div role=\"progressbar\" aria-valuemin=\"0\" aria-valuemax=\"100\" aria-valuenow=\"")
                .Append(percent)
                .Append("\" style=\"position:relative;height:4px;margin-top:4px;max-width:36em\">")
                .Append("<div style=\"position:absolute;inset:0;background:currentColor;opacity:0.2\"></div>")
                .Append(
                    "<div style=\"position:absolute;top:0;bottom:0;left:0;background:currentColor;opacity:0.8;width:"
                )
                .Append(percent)
                .Append("%\"></div></div>");
        }
        return html.Append("</div>").ToString();
    }

    /// <summary>A time as a reader wants it: <c>8 s</c>, <c>3:20</c>, <c>1:03:20</c>.</summary>
    internal static string Words(TimeSpan time) =>
        time.TotalSeconds < 60 ? $"{time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s"
        : time.TotalHours < 1 ? time.ToString(@"m\:ss", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}");

    private IEnumerable<string> Words()
    {
        if (Took is null && IsKnown)
            yield return (100 * Done).ToString("0", CultureInfo.InvariantCulture) + "%";
        foreach (var fact in Facts)
            yield return fact;
        if (Took is { } took)
            yield return IsKnown && Done < 1 ? $"stopped after {Words(took)}" : $"done in {Words(took)}";
        else if (Left is { } left)
            yield return $"{Words(left)} left";
    }
}
