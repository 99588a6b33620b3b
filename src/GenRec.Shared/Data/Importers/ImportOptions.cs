using GenRec.Shared.Display;

namespace GenRec.Shared.Data.Importers;

/// <summary>What to do with a line that cannot be read.</summary>
public enum MalformedLines
{
    /// <summary>Stop with a <see cref="DataFormatException"/> that names file and line.</summary>
    Fail,

    /// <summary>Leave the line out, count it, and keep the first ones as examples in the report.</summary>
    Skip,
}

/// <summary>What to do with an event that occurs again; it is counted and reported in every case.</summary>
public enum DuplicateEvents
{
    /// <summary>Keep all.</summary>
    Keep,

    /// <summary>Keep the earliest one.</summary>
    KeepFirst,

    /// <summary>Keep the latest one.</summary>
    KeepLast,

    /// <summary>Stop with a <see cref="DataFormatException"/>.</summary>
    Fail,
}

/// <summary>When two events of one user count as the same.</summary>
public enum DuplicateMeaning
{
    /// <summary>Same item and same time; without times the same item.</summary>
    SameItemAndTime,

    /// <summary>Same item at whatever time.</summary>
    SameItem,
}

/// <summary>How items get their ids <c>1..N</c>.</summary>
public enum ItemIds
{
    /// <summary>In order of first appearance; the source's names are kept as keys.</summary>
    InOrderOfAppearance,

    /// <summary>The file's own numbers, which start at 1.</summary>
    AsGiven,

    /// <summary>The file's own numbers plus one, because they start at 0; the numbers are kept as keys.</summary>
    AsGivenFromZero,
}

/// <summary>How events are read, whatever the format.</summary>
public sealed record ImportOptions : RichRecord
{
    /// <summary>Default <see cref="MalformedLines.Fail"/>.</summary>
    public MalformedLines Malformed { get; init; } = MalformedLines.Fail;

    /// <summary>Default <see cref="DuplicateEvents.Keep"/>: repeats are real behaviour in many logs.</summary>
    public DuplicateEvents Duplicates { get; init; } = DuplicateEvents.Keep;

    /// <summary>Default <see cref="DuplicateMeaning.SameItemAndTime"/>.</summary>
    public DuplicateMeaning DuplicateMeaning { get; init; } = DuplicateMeaning.SameItemAndTime;

    /// <summary>Default: ids in order of first appearance.</summary>
    public ItemIds ItemIds { get; init; } = ItemIds.InOrderOfAppearance;

    /// <summary>Order of a user's events with equal times. Default: as in the file.</summary>
    public TieOrder Ties { get; init; } = TieOrder.AsGiven;

    /// <summary>Seed of <see cref="TieOrder.Shuffled"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many problems of each kind the report quotes. At least 0; default 10.</summary>
    public int Examples { get; init; } = 10;
}
