namespace GenRec.Shared.Experiments.Presets;

/// <summary>The presets of all models over item sequences.</summary>
public static class NextItemPresets
{
    /// <summary>All presets, in the order of the reading list.</summary>
    public static IReadOnlyList<NextItemPreset> All { get; } = [.. SasRecPreset.All, .. Bert4RecPreset.All];

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static NextItemPreset Find(string name) => Find(All, name);

    internal static TPreset Find<TPreset>(IReadOnlyList<TPreset> presets, string name)
        where TPreset : NextItemPreset => PresetList.Find(presets, "", name, preset => preset.Name);
}
