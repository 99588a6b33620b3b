using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Size and laws of a simulated world. The values are ours; nothing is copied from a data set.</summary>
/// <remarks>Immutable; change one with <c>with</c>, and give it another name: records are kept by name.</remarks>
public sealed record WorldPreset : RichRecord
{
    /// <summary>Name in data cards and run records.</summary>
    public required string Name { get; init; }

    /// <summary>Departments of the category tree, 1..8; each has six topics.</summary>
    [Range(1, 8)]
    public int Departments { get; init; } = 8;

    /// <summary>N, the number of items; at least 20 a topic, so that no topic runs dry.</summary>
    [Range(120, 20_000)]
    public int Items { get; init; } = 2500;

    /// <summary>Number of users.</summary>
    [Range(1, 1_000_000)]
    public int Users { get; init; } = 4000;

    /// <summary>Shortest history.</summary>
    [Range(1, 1000)]
    public int MinLength { get; init; } = 5;

    /// <summary>Longest history.</summary>
    [Range(1, 1000)]
    public int MaxLength { get; init; } = 80;

    /// <summary>Median number of items beyond <see cref="MinLength"/>; the excess is log-normal.</summary>
    [Range(0.0, 100.0)]
    public double MedianExcess { get; init; } = 3.7;

    /// <summary>Tail exponent of item popularity (Pareto); smaller means a heavier head.</summary>
    [Range(1.05, 10.0)]
    public double PopularityTail { get; init; } = 1.5;

    /// <summary>Chance, at the start of a session, that one long-term interest gives way to another.</summary>
    [Range(0.0, 1.0)]
    public double InterestTurnover { get; init; } = 0.2;

    /// <summary>
    /// What an item that the user already has weighs, relative to a new one; 1 makes no difference. Above 0, so that
    /// something is left to choose when a user has everything.
    /// </summary>
    [Range(1e-6, 1.0)]
    public double RepeatWeight { get; init; } = 0.02;

    /// <summary>
    /// Whether order carries information. Without, every choice of a user is drawn from one and the same distribution
    /// (taste and noise), so that no sequential model can beat one that ignores order.
    /// </summary>
    public bool OrderEffects { get; init; } = true;

    /// <summary>Next-item histories with text: 2,500 items, 4,000 users, about 43,000 interactions.</summary>
    public static WorldPreset Sequences { get; } = new() { Name = "sequences" };

    /// <summary>A few hundred items and users, for tests and first steps.</summary>
    public static WorldPreset Smoke { get; } =
        Sequences with
        {
            Name = "smoke",
            Departments = 2,
            Items = 300,
            Users = 500,
        };

    /// <summary>The negative control: <see cref="Sequences"/> without any effect of order.</summary>
    public static WorldPreset Unordered { get; } =
        Sequences with
        {
            Name = "unordered",
            OrderEffects = false,
            InterestTurnover = 0,
            RepeatWeight = 1,
        };

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<WorldPreset> All { get; } = [Sequences, Smoke, Unordered];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="ArgumentException">No preset has it; the message lists those there are.</exception>
    public static WorldPreset Find(string name) =>
        All.FirstOrDefault(preset => preset.Name == name)
        ?? throw new ArgumentException(
            $"No world is called '{name}'. There are: {string.Join(", ", All.Select(preset => preset.Name))}."
        );

    internal void Check()
    {
        OptionRanges.Check(this);
        if (All.Any(shipped => shipped.Name == Name && shipped != this))
            throw new ArgumentException(
                $"'{Name}' is a shipped world; a changed one needs a {nameof(Name)} of its own."
            );
        var needed = Departments * 6 * 20;
        if (Items < needed)
            throw new ArgumentException($"{Departments} departments need at least {needed} items, not {Items}.");
        if (MinLength > MaxLength)
            throw new ArgumentException($"{nameof(MinLength)} {MinLength} is above {nameof(MaxLength)} {MaxLength}.");
        if (!OrderEffects && (InterestTurnover != 0 || RepeatWeight != 1))
            throw new ArgumentException(
                $"Without order effects {nameof(InterestTurnover)} must be 0 and {nameof(RepeatWeight)} 1."
            );
    }
}
