using GenRec.Shared.Plotting;

namespace GenRec.Shared.Reading;

/// <summary>The reading list by date.</summary>
public static class ReadingTimeline
{
    /// <summary>Every dated entry on the line of its part, coloured by importance, marked by the workbook's state.</summary>
    public static Display.Figure Timeline(this ReadingList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        var events = list
            .Entries.Where(entry => entry.Day is not null)
            .Select(entry => new TimelineEvent(
                entry.System,
                entry.Day!.Value,
                entry.Part,
                entry.ImportanceText,
                entry.State.ToString().ToLowerInvariant(),
                entry.Title
            ))
            .ToArray();
        var undated = list.Entries.Where(entry => entry.Day is null).Select(entry => entry.System);
        return Figures.Timeline(
            "Generative recommendation: the reading list by date",
            "Colour tells the importance, the marker how far this workbook is. Semantic ids start with TIGER in 2023; the "
                + "industrial OneRec line takes them up in 2025. "
                + $"Without a date, and so not drawn: {string.Join(", ", undated)}.",
            events
        );
    }
}
