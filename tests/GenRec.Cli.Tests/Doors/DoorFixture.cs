using System.Text.Json.Nodes;

namespace GenRec.Cli.Tests.Doors;

/// <summary>A folder that looks like a checkout: the program writes runs and results into it, not into the real one.</summary>
public abstract class DoorFixture : IDisposable
{
    protected DoorFixture()
    {
        File.WriteAllText(In("GenRec.sln"), "");
        Directory.CreateDirectory(In("notebooks"));
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("genrec-door-").FullName;

    internal string In(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>A notebook of some code cells.</summary>
    internal static string Notebook(params string[] cells) =>
        new JsonObject
        {
            ["cells"] = new JsonArray([
                .. cells.Select(
                    (source, i) =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["cell_type"] = "code",
                                ["execution_count"] = null,
                                ["id"] = $"cell-{i}",
                                ["metadata"] = new JsonObject(),
                                ["outputs"] = new JsonArray(),
                                ["source"] = source,
                            }
                ),
            ]),
            ["metadata"] = new JsonObject(),
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        }.ToJsonString() + "\n";

    /// <summary>Files and folders that a write left unfinished.</summary>
    internal IEnumerable<string> Leftovers() =>
        Directory
            .EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories)
            .Where(path => path.EndsWith(".tmp", StringComparison.Ordinal) || path.Contains(".unfinished-"));

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
