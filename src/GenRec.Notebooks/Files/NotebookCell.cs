using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Files;

/// <summary>What a cell holds.</summary>
public enum CellKind
{
    /// <summary>Code and its outputs.</summary>
    Code,

    /// <summary>Markdown text.</summary>
    Markdown,

    /// <summary>Text that no tool interprets.</summary>
    Raw,
}

/// <summary>One cell, a view on the notebook's JSON: what is not set here stays as it was in the file.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json) => Json = json;

    /// <summary>The cell's own JSON, unknown keys included.</summary>
    public JsonObject Json { get; }

    /// <summary>The cell's id, unique within the notebook.</summary>
    public string Id => Json["id"]!.GetValue<string>();

    /// <summary>Code, markdown or raw.</summary>
    public CellKind Kind =>
        Json["cell_type"]!.GetValue<string>() switch
        {
            "code" => CellKind.Code,
            "markdown" => CellKind.Markdown,
            _ => CellKind.Raw,
        };

    /// <summary>The text of the cell. Setting the text it already has changes nothing in the file.</summary>
    public string Source
    {
        get => CellText.Join(Json["source"]);
        set
        {
            if (value != Source)
                Json["source"] = CellText.Split(value);
        }
    }

    /// <summary>The cell's metadata.</summary>
    public JsonObject Metadata => Json["metadata"]!.AsObject();

    /// <summary>The tags in the metadata, such as <c>parameters</c> and <c>raises-exception</c>.</summary>
    public IReadOnlyList<string> Tags =>
        Metadata["tags"] is JsonArray tags
            ? [.. tags.Where(tag => tag?.GetValueKind() == JsonValueKind.String).Select(tag => tag!.GetValue<string>())]
            : [];

    /// <summary>The outputs of a code cell, in nbformat's form; empty for other cells.</summary>
    public JsonArray Outputs => Json["outputs"] as JsonArray ?? [];

    /// <summary>The number shown as <c>[n]</c> beside a code cell; null where it has not run.</summary>
    public int? ExecutionCount
    {
        get => Json["execution_count"]?.GetValue<int>();
        set
        {
            if (Kind == CellKind.Code)
                Json["execution_count"] = value;
        }
    }

    /// <summary>True where the metadata carry the tag.</summary>
    /// <param name="tag">For instance <c>parameters</c>.</param>
    public bool HasTag(string tag) => Tags.Contains(tag, StringComparer.Ordinal);

    /// <summary>Puts other outputs in the place of those there are; does nothing for cells that are not code.</summary>
    /// <param name="outputs">In nbformat's form, without an owner.</param>
    public void ReplaceOutputs(JsonArray outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        if (Kind == CellKind.Code)
            Json["outputs"] = outputs;
    }
}
