namespace GenRec.Notebooks.Running;

/// <summary>Takes the machine out of outputs: a notebook run anywhere has the same text.</summary>
internal sealed class PathScrubber
{
    private readonly List<(string Path, string Name)> known = [];

    /// <param name="root">The repository's root, which is cut off; null for none.</param>
    public PathScrubber(string? root)
    {
        if (root is not null)
            Add(root, "");
        Add(Path.GetTempPath(), "<temp>/");
        Add(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "~/");
        known.Sort((a, b) => b.Path.Length - a.Path.Length);
    }

    public string Scrub(string text)
    {
        foreach (var (path, name) in known)
            text = text.Replace(path, name, StringComparison.Ordinal);
        return text;
    }

    private void Add(string folder, string name)
    {
        var full = Path.TrimEndingDirectorySeparator(folder);
        if (full.Length < 4)
            return; // "/" and the like stand in every text
        known.Add((full + Path.DirectorySeparatorChar, name));
        if (Path.DirectorySeparatorChar == '\\')
            known.Add((full.Replace('\\', '/') + "/", name));
        known.Add((full, name.Length == 0 ? "." : name[..^1]));
    }
}
