using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;

namespace GenRec.Cli.Notebooks;

/// <summary>Gives each notebook those of the asked-for parameters that it has.</summary>
internal static class ParameterChoice
{
    /// <summary>One dictionary a notebook, in order.</summary>
    /// <exception cref="UserError">A parameter is known to none of the notebooks.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Divide(
        IReadOnlyList<string> notebooks,
        IReadOnlyDictionary<string, string> asked
    )
    {
        if (asked.Count == 0)
            return [.. notebooks.Select(_ => asked)];
        var known = notebooks.Select(NamesOf).ToArray();
        var all = known.SelectMany(names => names).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (asked.Keys.FirstOrDefault(name => !all.Contains(name)) is { } unknown)
            throw new UserError(
                $"No chosen notebook has a parameter '{unknown}'.{NearestName.Question(unknown, all)} "
                    + $"There are: {(all.Length == 0 ? "none" : string.Join(", ", all))}."
            );
        return [.. known.Select(names => asked.Where(value => names.Contains(value.Key)).ToDictionary())];
    }

    // A notebook that cannot be read says so when it is run.
    private static string[] NamesOf(string path)
    {
        try
        {
            return [.. Parameters.Of(Notebook.Read(path)).Select(parameter => parameter.Name)];
        }
        catch (NotebookFormatException)
        {
            return [];
        }
    }
}
