using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>How a file writes times.</summary>
public enum TimeFormat
{
    /// <summary>Seconds since 1970, whole or with a fraction that is cut off.</summary>
    UnixSeconds,

    /// <summary>Milliseconds since 1970; the rest below a second is cut off.</summary>
    UnixMilliseconds,

    /// <summary>A date, or date and time, as ISO 8601 has them; UTC where no offset is given.</summary>
    Iso8601,
}

/// <summary>Reads times into milliseconds since 1970: finer than the seconds that are kept, so that order is not lost.</summary>
internal static class EventTime
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>Reads a time; false where the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, TimeFormat format, out long milliseconds)
    {
        milliseconds = 0;
        if (format == TimeFormat.Iso8601)
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var date))
                return false;
            milliseconds = date.ToUnixTimeMilliseconds();
            return true;
        }
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return false;
        if (Math.Abs(number) > long.MaxValue / 1000)
            return false;
        milliseconds = (long)Math.Floor(format == TimeFormat.UnixSeconds ? number * 1000 : number);
        return true;
    }

    /// <summary>Whole seconds, rounded down for times before 1970 too.</summary>
    public static long Seconds(long milliseconds) => (milliseconds - (milliseconds % 1000 + 1000) % 1000) / 1000;
}
