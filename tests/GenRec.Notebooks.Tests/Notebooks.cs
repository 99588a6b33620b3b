using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;

namespace GenRec.Notebooks.Tests;

/// <summary>Small notebooks for tests, as Jupyter writes them.</summary>
internal static class Notebooks
{
    /// <summary>A notebook of code cells; a leading <c>tag:</c> line gives the cell a tag, <c>md:</c> makes it
    /// Markdown.</summary>
    public static string Text(params string[] sources)
    {
        var cells = new JsonArray([.. sources.Select(Cell)]);
        var root = new JsonObject
        {
            ["cells"] = cells,
            ["metadata"] = new JsonObject
            {
                ["kernelspec"] = new JsonObject
                {
                    ["display_name"] = ".NET (C#)",
                    ["language"] = "C#",
                    ["name"] = ".net-csharp",
                },
                ["language_info"] = new JsonObject { ["name"] = "C#" },
            },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        return JupyterJson.Write(root, JsonLayout.Jupyter);
    }

    public static string Write(string folder, string name, params string[] sources)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Text(sources));
        return path;
    }

    private static JsonNode Cell(string source, int index)
    {
        var metadata = new JsonObject
        {
            ["dotnet_interactive"] = new JsonObject { ["language"] = "csharp" },
            ["polyglot_notebook"] = new JsonObject { ["kernelName"] = "csharp" },
        };
        if (source.StartsWith("tag:", StringComparison.Ordinal))
        {
            var end = source.IndexOf('\n', StringComparison.Ordinal);
            metadata["tags"] = new JsonArray(source[4..end]);
            source = source[(end + 1)..];
        }
        var lines = CellText.Split(source.StartsWith("md:", StringComparison.Ordinal) ? source[3..] : source);
        return source.StartsWith("md:", StringComparison.Ordinal)
            ? new JsonObject
            {
                ["cell_type"] = "markdown",
                ["id"] = $"cell-{index}",
                ["metadata"] = new JsonObject(),
                ["source"] = lines,
            }
            : new JsonObject
            {
                ["cell_type"] = "code",
                ["execution_count"] = null,
                ["id"] = $"cell-{index}",
                ["metadata"] = metadata,
                ["outputs"] = new JsonArray(),
                ["source"] = lines,
            };
    }
}

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("genrec-notebooks-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
