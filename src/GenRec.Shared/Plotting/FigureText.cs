using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>What every figure must say.</summary>
/// <param name="Title">What is plotted.</param>
/// <param name="Caption">What to see in it; one or two sentences, wrapped below the plot.</param>
/// <param name="XAxis">The horizontal axis with its unit: <c>"epoch"</c>, <c>"time [s]"</c>.</param>
/// <param name="YAxis">The vertical axis with its unit.</param>
public sealed record FigureText(string Title, string Caption, string XAxis, string YAxis) : RichRecord
{
    internal void Check()
    {
        foreach (
            var (text, name) in new[]
            {
                (Title, nameof(Title)),
                (Caption, nameof(Caption)),
                (XAxis, nameof(XAxis)),
                (YAxis, nameof(YAxis)),
            }
        )
            if (string.IsNullOrWhiteSpace(text))
                throw new ArgumentException($"A figure needs a {name}: say what to see and in which unit.", name);
    }
}

/// <summary>A horizontal line with a name, such as the oracle's value.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Value">Height in the unit of the vertical axis.</param>
public sealed record ReferenceLine(string Name, double Value) : RichRecord;
