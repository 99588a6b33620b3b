namespace GenRec.Notebooks.Kernel;

/// <summary>Clients count the cursor in code points, C# strings in UTF-16 units: an emoji is one of these and two of
/// those.</summary>
internal static class CodePoints
{
    /// <summary>The UTF-16 position of a cursor; one beyond the text is its end.</summary>
    public static int ToUnits(string text, int points)
    {
        var unit = 0;
        for (; points > 0 && unit < text.Length; points--)
            unit += IsPair(text, unit) ? 2 : 1;
        return unit;
    }

    /// <summary>The cursor at a UTF-16 position.</summary>
    public static int FromUnits(string text, int units)
    {
        var points = 0;
        for (var unit = 0; unit < Math.Min(units, text.Length); points++)
            unit += IsPair(text, unit) ? 2 : 1;
        return points;
    }

    private static bool IsPair(string text, int at) =>
        at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);
}
