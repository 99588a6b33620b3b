using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Size and laws of a simulated short-video feed. The values are ours; nothing is copied from a data set.</summary>
/// <remarks>Immutable; change one with <c>with</c>, and give it another name: records are kept by name.</remarks>
public sealed record FeedPreset : RichRecord
{
    /// <summary>Name in data cards and run records.</summary>
    public required string Name { get; init; }

    /// <summary>Departments of the category tree, 1..8; each has six topics.</summary>
    [Range(1, 8)]
    public int Departments { get; init; } = 4;

    /// <summary>N, the number of videos; at least 20 a topic.</summary>
    [Range(120, 20_000)]
    public int Items { get; init; } = 1200;

    /// <summary>Number of users.</summary>
    [Range(1, 1_000_000)]
    public int Users { get; init; } = 1000;

    /// <summary>Requests in the log that the world ships; at least one a user.</summary>
    [Range(1, 20_000_000)]
    public int Sessions { get; init; } = 20_000;

    /// <summary>m, the number of videos a request is answered with.</summary>
    [Range(1, 20)]
    public int SlateLength { get; init; } = 5;

    /// <summary>Share of the requests that our own policy serves, with known propensities; the traditional one serves the rest.</summary>
    [Range(0.0, 1.0)]
    public double OwnShare { get; init; } = 0.25;

    /// <summary>How strongly alike videos tire, inside a slate and over a visit; 0 turns slate effects off.</summary>
    [Range(0.0, 10.0)]
    public double Boredom { get; init; } = 1;

    /// <summary>How far the traditional policy leans to popular, click-bait, long and old videos; 0 is not at all.</summary>
    [Range(0.0, 10.0)]
    public double LoggerBias { get; init; } = 1;

    /// <summary>Share of the videos that are uploaded while the log is written, over its first ten days.</summary>
    [Range(0.0, 0.9)]
    public double NewItems { get; init; } = 0.2;

    /// <summary>The feed of the notebooks: 1,200 videos, 1,000 users, 20,000 requests of five videos.</summary>
    public static FeedPreset Feed { get; } = new() { Name = "feed" };

    /// <summary>A few hundred videos and a few dozen users, for tests and first steps.</summary>
    public static FeedPreset Smoke { get; } =
        Feed with
        {
            Name = "feed-smoke",
            Departments = 2,
            Items = 300,
            Users = 60,
            Sessions = 1200,
        };

    /// <summary>
    /// The negative control: alike videos do not tire, so that a slate is worth no more than its items, and the traditional
    /// policy has no bias to be learned away.
    /// </summary>
    public static FeedPreset Plain { get; } = Feed with { Name = "feed-plain", Boredom = 0, LoggerBias = 0 };

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<FeedPreset> All { get; } = [Feed, Smoke, Plain];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="ArgumentException">No preset has it; the message lists those there are.</exception>
    public static FeedPreset Find(string name) =>
        All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new ArgumentException(
            $"No feed is called '{name}'. There are: {string.Join(", ", All.Select(preset => preset.Name))}."
        );

    internal WorldPreset Catalogue =>
        new()
        {
            Name = Name,
            Departments = Departments,
            Items = Items,
        };

    internal void Check()
    {
        OptionRanges.Check(this);
        if (All.Any(shipped => shipped.Name == Name && shipped != this))
            throw new ArgumentException(
                $"'{Name}' is a shipped feed; a changed one needs a {nameof(Name)} of its own."
            );
        if (Departments * 6 * 20 is var needed && Items < needed)
            throw new ArgumentException($"{Departments} departments need at least {needed} items, not {Items}.");
        if (Sessions < Users)
            throw new ArgumentException($"{Users} users need at least as many {nameof(Sessions)}, not {Sessions}.");
    }
}
