using GenRec.Shared.Data.Importers;
using GenRec.Shared.Training;
using static TorchSharp.torch;

namespace GenRec.Shared.Text;

/// <summary>Reads vectors that somebody else computed.</summary>
public static class EmbeddingFile
{
    /// <summary>Reads one vector an item from <c>.npy</c>, <c>.npy.gz</c> or <c>.safetensors</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="items">N. A file of N + 1 rows is taken to begin with a row of padding, which is left out.</param>
    /// <param name="tensor">Name of the matrix in a safetensors file; may be left out where there is only one.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">It has another number of rows, is damaged, or holds no such matrix.</exception>
    public static EmbeddingMatrix Read(string path, int items, string? tensor = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        var all = path.EndsWith(".safetensors", StringComparison.Ordinal)
            ? ReadTensor(path, tensor)
            : NumpyFile.Read(path);
        if (all.Rows != items && all.Rows != items + 1)
            throw new DataFormatException(
                path,
                $"There are {all.Rows} rows for {items} items; need {items}, or {items + 1} with padding first."
            );
        return all.Rows == items ? all : all.Skip(1);
    }

    private static EmbeddingMatrix ReadTensor(string path, string? name)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        try
        {
            tensors = Safetensors.Load(path);
        }
        catch (InvalidDataException wrong)
        {
            throw new DataFormatException(path, wrong.Message, wrong);
        }
        if (name is null && tensors.Count != 1)
            throw new DataFormatException(path, $"It holds {string.Join(", ", tensors.Keys)}; name one.");
        if (!tensors.TryGetValue(name ?? tensors.Keys.First(), out var found))
            throw new DataFormatException(path, $"It has no '{name}'; it holds {string.Join(", ", tensors.Keys)}.");
        if (found.dim() != 2)
            throw new DataFormatException(
                path,
                $"'{name ?? tensors.Keys.First()}' is [{string.Join(", ", found.shape)}]; need a matrix."
            );
        return new EmbeddingMatrix(
            (int)found.shape[0],
            (int)found.shape[1],
            found.to(ScalarType.Float32).contiguous().data<float>().ToArray()
        );
    }
}
