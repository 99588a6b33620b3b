namespace GenRec.Cli.Notebooks;

/// <summary>Chooses notebooks by the start of their names.</summary>
internal static class NotebookChoice
{
    /// <summary>The notebooks that any of the prefixes names; all of them where there is none.</summary>
    /// <exception cref="UserError">A prefix fits no notebook, or there are none at all.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> notebooks, IReadOnlyList<string> prefixes)
    {
        if (notebooks.Count == 0)
            throw new UserError($"There is no notebook under {Path.Combine(Repository.Root, "notebooks")}.");
        var names = notebooks.Select(path => Path.GetFileNameWithoutExtension(path)).ToArray();
        foreach (var prefix in prefixes)
            if (!names.Any(name => Fits(name, prefix)))
                throw new UserError(
                    $"No notebook's name starts with '{prefix}'.{NearestName.Question(prefix, names)} "
                        + $"There are: {string.Join(", ", names)}."
                );
        return prefixes.Count == 0
            ? notebooks
            : [.. notebooks.Where((_, i) => prefixes.Any(prefix => Fits(names[i], prefix)))];
    }

    private static bool Fits(string name, string prefix) => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
}
