using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>A set that comes as cases only: the sequences they were cut from are not given.</summary>
/// <param name="Name">The set's name in records.</param>
/// <param name="Items">What is known about the items.</param>
/// <param name="Codes">The semantic ids it ships.</param>
/// <param name="UserKeys">The source's user names; users of the cases are rows of this list.</param>
/// <param name="Train">Cases to learn from, or null where they are not at hand.</param>
/// <param name="Validation">Cases for model choice.</param>
/// <param name="Test">Cases to report.</param>
/// <param name="Report">What the import noticed.</param>
public sealed record CaseDataset(
    string Name,
    ItemTable Items,
    ItemCodes Codes,
    IReadOnlyList<string> UserKeys,
    NextItemCases? Train,
    NextItemCases Validation,
    NextItemCases Test,
    ImportReport Report
) : RichRecord;
