using GenRec.Shared.Data.Downloads;
using GenRec.Shared.Display;

namespace GenRec.Shared.Reading;

/// <summary>What is needed to cite one work.</summary>
/// <param name="ArXiv">Its arXiv number: <c>1808.09781</c>.</param>
/// <param name="Title">Title.</param>
/// <param name="Authors">Authors in order, given name first.</param>
/// <param name="Complete">False where more authors follow that are not listed here.</param>
/// <param name="Venue">Conference or journal, or null for one that is on arXiv only.</param>
/// <param name="Year">Year of the venue, or of the first version.</param>
public sealed record BibliographyWork(
    string ArXiv,
    string Title,
    IReadOnlyList<string> Authors,
    bool Complete,
    string? Venue,
    int Year
) : RichRecord;

/// <summary>The works behind the reading list; a technique of the list has several.</summary>
public static class Bibliography
{
    private const string Shipped = "bibliography.json";
    private static readonly Lazy<IReadOnlyList<BibliographyWork>> All = new(() =>
        [
            .. JsonRecords
                .Read<BibliographyWork>(ShippedData.Read(Shipped), "data/" + Shipped, "works")
                .Select(r => r.Value),
        ]
    );

    /// <summary>All works in the order of the reading list.</summary>
    public static IReadOnlyList<BibliographyWork> Works => All.Value;

    /// <summary>The work with this arXiv number, or null.</summary>
    public static BibliographyWork? Find(string arXiv) => Works.FirstOrDefault(work => work.ArXiv == arXiv);
}
