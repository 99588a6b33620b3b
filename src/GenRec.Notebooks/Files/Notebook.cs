using System.Text;
using System.Text.Json.Nodes;
using GenRec.Shared.Runtime;

namespace GenRec.Notebooks.Files;

/// <summary>A notebook file (nbformat 4.5) that writes back what it does not understand.</summary>
/// <remarks>
/// Key order, unknown keys, indentation, line ends, the spelling of numbers and strings, and the end of the file are
/// those of the file, so that a run changes only outputs and execution counts. Files of nbformat 4.0 to 4.4 are read as
/// 4.5: their cells are given ids made from position and text.
/// </remarks>
public sealed class Notebook
{
    private readonly JsonLayout layout;
    private readonly List<NotebookCell> cells;

    internal Notebook(JsonObject root, JsonLayout layout)
    {
        Json = root;
        this.layout = layout;
        cells = [.. root["cells"]!.AsArray().Select(cell => new NotebookCell(cell!.AsObject()))];
    }

    /// <summary>The notebook's JSON, unknown keys included. Add and remove cells through this class.</summary>
    public JsonObject Json { get; }

    /// <summary>The cells from top to bottom.</summary>
    public IReadOnlyList<NotebookCell> Cells => cells;

    /// <summary>The notebook's metadata.</summary>
    public JsonObject Metadata => Json["metadata"]!.AsObject();

    /// <summary>True where reading added cell ids or raised the format to 4.5: writing will then change the
    /// file.</summary>
    public bool AddedIds { get; internal init; }

    /// <summary>Reads a notebook file.</summary>
    /// <param name="path">An .ipynb file.</param>
    /// <exception cref="NotebookFormatException">It is not a notebook; the message gives file, line and
    /// remedy.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Notebook Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no notebook '{path}'.", path);
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a notebook from UTF-8 bytes.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="path">What error messages call it.</param>
    /// <exception cref="NotebookFormatException">It is not a notebook.</exception>
    public static Notebook Parse(ReadOnlySpan<byte> utf8, string path = "notebook") => NotebookReader.Read(utf8, path);

    /// <summary>Reads a notebook from text.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="path">What error messages call it.</param>
    /// <exception cref="NotebookFormatException">It is not a notebook.</exception>
    public static Notebook Parse(string text, string path = "notebook") => Parse(Encoding.UTF8.GetBytes(text), path);

    /// <summary>The file's content, in the layout it was read in.</summary>
    public byte[] ToUtf8()
    {
        var text = Encoding.UTF8.GetBytes(JupyterJson.Write(Json, layout));
        return layout.ByteOrderMark ? [.. Encoding.UTF8.Preamble, .. text] : text;
    }

    /// <summary>Writes the notebook; a reader sees the old file or the new one, never half of it.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, file => file.Write(ToUtf8()));
    }

    /// <summary>A copy that shares nothing with this one.</summary>
    public Notebook Copy() => new(Json.DeepClone().AsObject(), layout) { AddedIds = AddedIds };

    /// <summary>Inserts a code cell that has not run.</summary>
    /// <param name="index">Where, 0 to the number of cells.</param>
    /// <param name="source">Its text.</param>
    /// <param name="tags">Its tags.</param>
    /// <returns>The new cell, with a deterministic id and the language metadata of our notebooks.</returns>
    public NotebookCell InsertCode(int index, string source, params IReadOnlyList<string> tags)
    {
        var metadata = new JsonObject
        {
            ["dotnet_interactive"] = new JsonObject { ["language"] = "csharp" },
            ["polyglot_notebook"] = new JsonObject { ["kernelName"] = "csharp" },
        };
        if (tags.Count > 0)
            metadata["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]);
        var json = new JsonObject
        {
            ["cell_type"] = "code",
            ["execution_count"] = null,
            ["metadata"] = metadata,
            ["outputs"] = new JsonArray(),
            ["source"] = CellText.Split(source),
        };
        var taken = cells.Select((cell, i) => (cell.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i);
        json.Insert(2, "id", NotebookReader.NewId(json, index, taken));
        Json["cells"]!.AsArray().Insert(index, json);
        var inserted = new NotebookCell(json);
        cells.Insert(index, inserted);
        return inserted;
    }

    /// <summary>Removes a cell.</summary>
    /// <param name="index">Which, from 0.</param>
    public void RemoveAt(int index)
    {
        cells.RemoveAt(index);
        Json["cells"]!.AsArray().RemoveAt(index);
    }
}
