namespace GenRec.Shared.Experiments.Presets;

/// <summary>Finds presets by name.</summary>
internal static class PresetList
{
    /// <summary>The preset of a name.</summary>
    /// <param name="all">Where to look.</param>
    /// <param name="what">What they are presets of, for the message; empty: of anything.</param>
    /// <param name="name">Its name.</param>
    /// <param name="nameOf">Names a preset.</param>
    /// <exception cref="ArgumentException">There is none of that name; the message lists those there are.</exception>
    public static TPreset Find<TPreset>(
        IReadOnlyList<TPreset> all,
        string what,
        string name,
        Func<TPreset, string> nameOf
    )
        where TPreset : class =>
        all.FirstOrDefault(preset => nameOf(preset) == name)
        ?? throw new ArgumentException(
            $"No {(what.Length > 0 ? what + " " : "")}preset is called '{name}'. There are: "
                + $"{string.Join(", ", all.Select(nameOf))}.",
            nameof(name)
        );
}
