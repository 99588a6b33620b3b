using GenRec.Shared.Plotting;

namespace GenRec.Shared.Reading;

/// <summary>The reading list, and the papers a reader added, by date.</summary>
public static class ReadingTimeline
{
    /// <summary>What a paper is marked as that only the reader's notes know.</summary>
    public const string Added = "added by me";

    /// <summary>
    /// Every dated paper on the line of its part, coloured by importance, marked by the workbook's state and by how far the
    /// reader is.
    /// </summary>
    /// <param name="list">The reading list.</param>
    /// <param name="notes">The reader's notes; their importance and status count, and papers they add are drawn. Null draws
    /// the list alone.</param>
    /// <param name="states">What became of systems that were run, in place of the list's own state: see
    /// <c>Experiments.ReproductionStates</c>.</param>
    public static Display.Figure Timeline(
        this ReadingList list,
        NoteShelf? notes = null,
        IReadOnlyDictionary<string, string>? states = null
    )
    {
        ArgumentNullException.ThrowIfNull(list);
        var undated = list.Entries.Where(entry => entry.Day is null).Select(entry => entry.System);
        var marks = notes?.Notes.Count > 0 ? " A dot inside: begun; a ring: read; both: reproduced by me." : "";
        var problems =
            notes?.Problems.Count > 0 ? $" Notes not read: {notes.Problems.Count}; 'genrec notes list' says why." : "";
        return Figures.Timeline(
            "Generative recommendation: the reading list by date",
            $"Colour tells the importance, the marker how far this workbook is, and for what was run whether the published numbers came back.{marks} Semantic ids start with TIGER in 2023; "
                + $"the industrial OneRec line takes them up in 2025. Without a date, and so not drawn: {string.Join(", ", undated)}."
                + problems,
            list.TimelineEvents(notes, states)
        );
    }

    /// <summary>What the timeline shows, list first, then the papers that notes add.</summary>
    /// <inheritdoc cref="Timeline"/>
    public static IReadOnlyList<TimelineEvent> TimelineEvents(
        this ReadingList list,
        NoteShelf? notes = null,
        IReadOnlyDictionary<string, string>? states = null
    )
    {
        ArgumentNullException.ThrowIfNull(list);
        var known = list.Entries.ToDictionary(entry => entry, entry => NoteOf(notes, entry));
        var listed = list
            .Entries.Where(entry => entry.Day is not null)
            .Select(entry =>
                Event(
                    entry.System,
                    entry.Day!.Value,
                    entry.Part,
                    known[entry]?.Importance ?? entry.Importance,
                    states?.GetValueOrDefault(entry.System) ?? entry.State.ToString().ToLowerInvariant(),
                    entry.Title,
                    known[entry]
                )
            );
        var added = (notes?.Notes ?? [])
            .Where(note => !known.ContainsValue(note) && note.Date is not null)
            .Where(note => notes!.Problems.All(problem => problem.Id != note.Id))
            .Select(note =>
                Event(note.Name, note.Date!.Value, PartOf(list, note), note.Importance, Added, note.Title, note)
            );
        return [.. listed, .. added];
    }

    private static TimelineEvent Event(
        string name,
        DateOnly day,
        string part,
        Importance? importance,
        string state,
        string title,
        PaperNote? note
    ) =>
        new(
            name,
            day,
            part,
            importance is { } judged ? PaperNote.TextOf(judged) : "not judged",
            state,
            note is null ? title : $"{title} ({note.StatusText})",
            note?.StatusText,
            note?.Status switch
            {
                ReadingStatus.Reading => TimelineMark.Dot,
                ReadingStatus.Read => TimelineMark.Ring,
                ReadingStatus.Reproduced => TimelineMark.Dot | TimelineMark.Ring,
                _ => TimelineMark.None,
            }
        );

    private static string PartOf(ReadingList list, PaperNote note) =>
        list.Parts.FirstOrDefault(part => part.Equals(note.Part, StringComparison.OrdinalIgnoreCase))
        ?? note.Part
        ?? "others";

    private static PaperNote? NoteOf(NoteShelf? notes, ReadingEntry entry)
    {
        try
        {
            return notes?.Of(entry);
        }
        catch (InvalidDataException) // a broken file does not hide the paper; the shelf's problems tell it
        {
            return null;
        }
    }
}
