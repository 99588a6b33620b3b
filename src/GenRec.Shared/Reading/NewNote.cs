using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>A paper to make a note for.</summary>
public sealed partial record NewNote : RichRecord
{
    /// <summary>Title; not blank.</summary>
    [Required]
    public required string Title { get; init; }

    /// <summary>Name of the note and of its file, lower case; made from the title where null.</summary>
    public string? Id { get; init; }

    /// <summary>Short name of the system, or null.</summary>
    public string? System { get; init; }

    /// <summary>arXiv numbers; may be empty.</summary>
    public IReadOnlyList<string> ArXiv { get; init; } = [];

    /// <summary>Authors in order, given name first; may be empty.</summary>
    public IReadOnlyList<string> Authors { get; init; } = [];

    /// <summary>First version, <c>yyyy-MM-dd</c> or <c>yyyy-MM</c>; from the arXiv number where null.</summary>
    public string? Date { get; init; }

    /// <summary>Venue, or null.</summary>
    public string? Venue { get; init; }

    /// <summary>Year; of the date where null.</summary>
    public int? Year { get; init; }

    /// <summary>Judgement, or null.</summary>
    public Importance? Importance { get; init; }

    /// <summary>How far the reader is.</summary>
    public ReadingStatus Status { get; init; }

    /// <summary>Part of the reading list that it belongs to, or null.</summary>
    public string? Part { get; init; }

    /// <summary>Tags without <c>#</c>; <c>paper</c> and the part are added.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Citation keys; made from author, title and year where empty.</summary>
    public IReadOnlyList<string> CiteKeys { get; init; } = [];

    /// <summary>Path of its notebook below <c>notebooks/</c>, or null.</summary>
    internal string? Notebook { get; init; }

    /// <summary>An entry of the reading list with what the bibliography knows of its works.</summary>
    public static NewNote From(ReadingEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var works = entry.ArXiv.Select(Bibliography.Find).OfType<BibliographyWork>().ToArray();
        var paper = entry.Kind == ReadingKind.Paper && works.Length == 1 ? works[0] : null;
        return new NewNote
        {
            Id = IdOf(entry),
            Title = entry.Title,
            System = entry.System,
            ArXiv = entry.ArXiv,
            Authors =
                paper is null ? []
                : paper.Complete ? paper.Authors
                : [.. paper.Authors, "others"],
            Date = entry.Date,
            Venue = entry.Venue,
            Year = paper?.Year,
            Importance = entry.Importance,
            Part = entry.Part,
            Tags = entry.Kind == ReadingKind.Paper ? [] : [entry.Kind.ToString().ToLowerInvariant()],
            CiteKeys = [.. works.Select(work => CiteKey.Of(work.Authors, work.Title, work.Year))],
            Notebook = entry.Notebook,
        };
    }

    /// <summary>The id of an entry's note, which is its notebook's name: <c>05-tiger</c>.</summary>
    internal static string IdOf(ReadingEntry entry) => Path.GetFileNameWithoutExtension(entry.Notebook);

    /// <summary>The same paper with every value that follows from others filled in.</summary>
    /// <exception cref="ArgumentException">A value is not of its form; the message says which.</exception>
    internal NewNote Completed()
    {
        if (string.IsNullOrWhiteSpace(Title))
            throw new ArgumentException("The title must not be blank.");
        if (ArXiv.FirstOrDefault(number => !ArXivNumber().IsMatch(number)) is { } wrong)
            throw new ArgumentException($"arXiv number '{wrong}' is not of the form 2601.01234.");
        var date = Date ?? (Notebook is null && ArXiv is [var first, ..] ? $"20{first[..2]}-{first[2..4]}" : null);
        if (date is not null && PaperNote.DayOf(date) is null)
            throw new ArgumentException(
                Date is null
                    ? $"arXiv number '{ArXiv[0]}' has no month."
                    : $"Date '{Date}' is not yyyy-MM or yyyy-MM-dd."
            );
        var year = Year ?? (date is null ? null : int.Parse(date[..4], CultureInfo.InvariantCulture));
        var id = Id ?? CiteKey.Slug(Title);
        if (!FileName().IsMatch(id))
            throw new ArgumentException(
                $"'{id}' cannot name a note: use lower-case letters, digits and '-', for example --id my-paper."
            );
        var tags = new[] { "paper", Part }.OfType<string>().Concat(Tags).Select(TagOf).Where(tag => tag.Length > 0);
        return this with
        {
            Id = id,
            Date = date,
            Year = year,
            Tags = [.. tags.Distinct()],
            CiteKeys = CiteKeys.Count > 0 || Notebook is not null ? CiteKeys : [CiteKey.Of(Authors, Title, year)],
        };
    }

    // Obsidian's tags hold no blanks.
    private static string TagOf(string tag) => tag.Trim().TrimStart('#').Replace(' ', '-').ToLowerInvariant();

    [GeneratedRegex(@"^\d{4}\.\d{4,5}$")]
    private static partial Regex ArXivNumber();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}\d][\p{Ll}\p{Lo}\d.-]*$")]
    private static partial Regex FileName();
}
