using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Figures;

/// <summary>The pictures a notebook had before a run: a figure that did not change keeps its picture, byte for
/// byte.</summary>
/// <remarks>Fonts differ between machines; drawing the same figure anew would change committed notebooks for
/// nothing.</remarks>
internal sealed class PictureMemory
{
    private readonly Dictionary<string, JsonNode> pictures = new(StringComparer.Ordinal);

    public PictureMemory(Notebook notebook)
    {
        foreach (var data in FigureData(notebook))
            if (data[MimeTypes.Png] is { } picture)
                pictures[data[MimeTypes.Plotly]!.ToJsonString()] = picture.DeepClone();
    }

    /// <summary>The data of every output with a Plotly figure.</summary>
    public static IEnumerable<JsonObject> FigureData(Notebook notebook) =>
        notebook
            .Cells.Where(cell => cell.Kind == CellKind.Code)
            .SelectMany(cell => cell.Outputs)
            .Select(output => output?["data"])
            .OfType<JsonObject>()
            .Where(data => data[MimeTypes.Plotly] is JsonObject);

    public void PutBack(Notebook notebook)
    {
        foreach (var data in FigureData(notebook))
            if (pictures.TryGetValue(data[MimeTypes.Plotly]!.ToJsonString(), out var picture))
                Add(data, picture.DeepClone());
    }

    /// <summary>Adds a picture where Jupyter's order of keys has it, and takes out the HTML, which would hide it on
    /// GitHub.</summary>
    public static void Add(JsonObject data, JsonNode picture)
    {
        data.Remove(MimeTypes.Png);
        data.Remove(MimeTypes.Html);
        data.Insert(data.IndexOf(MimeTypes.Plotly) + 1, MimeTypes.Png, picture);
    }
}
