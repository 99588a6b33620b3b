namespace GenRec.Shared.Plotting;

/// <summary>
/// Colours, dashes, markers and fill patterns, in one order. Colours: Okabe and Ito, "Color Universal Design" (2008),
/// without black and yellow, which vanish on dark and on white pages. No two series share dash and marker, so that grey
/// print keeps them apart.
/// </summary>
public static class Palette
{
    private static readonly string[] Colors =
    [
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#CC79A7",
        "#E69F00",
        "#56B4E9",
        "#8C8C8C",
    ];
    private static readonly string[] Dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
    private static readonly string[] Markers =
    [
        "circle",
        "square",
        "diamond",
        "cross",
        "triangle-up",
        "x",
        "star",
        "triangle-down",
    ];
    private static readonly string[] Patterns = ["", "/", "\\", "x", ".", "-", "|", "+"];

    /// <summary>Text and axes: the same distance from white and from a dark page.</summary>
    public const string Ink = "#7F7F7F";

    /// <summary>Grid lines.</summary>
    public const string Grid = "rgba(127,127,127,0.25)";

    /// <summary>Number of distinct colours.</summary>
    public static int Count => Colors.Length;

    /// <summary>Colour of a series as <c>#RRGGBB</c>; repeats after <see cref="Count"/>.</summary>
    public static string Color(int series) => Colors[Wrap(series, Colors.Length)];

    /// <summary>The same colour, see-through.</summary>
    /// <param name="series">Index of the series.</param>
    /// <param name="opacity">0..1.</param>
    public static string Color(int series, double opacity)
    {
        var rgb = Convert.FromHexString(Color(series).AsSpan(1));
        return FormattableString.Invariant($"rgba({rgb[0]},{rgb[1]},{rgb[2]},{opacity})");
    }

    /// <summary>Line style in plotly's words.</summary>
    public static string Dash(int series) => Dashes[Wrap(series, Dashes.Length)];

    /// <summary>Marker in plotly's words.</summary>
    public static string Marker(int series) => Markers[Wrap(series, Markers.Length)];

    /// <summary>Fill pattern of bars in plotly's words; the first is plain.</summary>
    public static string Pattern(int series) => Patterns[Wrap(series, Patterns.Length)];

    private static int Wrap(int at, int count) => (at % count + count) % count;
}
