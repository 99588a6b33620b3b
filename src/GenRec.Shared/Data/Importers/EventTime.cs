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

/// <summary>Reads times into Unix seconds.</summary>
internal static class EventTime
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>Reads a time; false where the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, TimeFormat format, out long seconds)
    {
        seconds = 0;
        if (format == TimeFormat.Iso8601)
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var date))
                return false;
            seconds = date.ToUnixTimeSeconds();
            return true;
        }
        var unit = format == TimeFormat.UnixMilliseconds ? 1000 : 1;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            seconds = (long)Math.Floor(whole / (decimal)unit);
        else if (
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) < long.MaxValue
        )
            seconds = (long)Math.Floor(number / unit);
        else
            return false;
        return true;
    }
}
