using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Tensors by name in one file that Python's safetensors reads and writes too.</summary>
/// <remarks>Format: huggingface/safetensors. The data is little endian, as every platform of libtorch is.</remarks>
public static class Safetensors
{
    private const int ChunkBytes = 1 << 30; // TorchSharp hands a tensor's memory out as a span, which ends at 2 GB

    /// <summary>Writes a file; it appears under its name when it is complete.</summary>
    /// <param name="path">Replaced where it exists.</param>
    /// <param name="tensors">Any device; F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL.</param>
    /// <param name="metadata">Free text pairs.</param>
    /// <exception cref="NotSupportedException">A tensor has another type, for example complex.</exception>
    public static void Save(
        string path,
        IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        ArgumentNullException.ThrowIfNull(tensors);
        AtomicFile.Write(path, file => Write(file, tensors, metadata));
    }

    /// <summary>Reads a header without the data.</summary>
    /// <exception cref="InvalidDataException">The file is truncated, or its header breaks the format.</exception>
    public static SafetensorsHeader ReadHeader(string path)
    {
        using var file = File.OpenRead(path);
        return SafetensorsHeader.Read(file, path);
    }

    /// <summary>Reads all tensors into new ones on the CPU.</summary>
    /// <returns>Tensors by name, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">The file is truncated, or its header breaks the format.</exception>
    public static Dictionary<string, Tensor> Load(string path)
    {
        using var file = File.OpenRead(path);
        var header = SafetensorsHeader.Read(file, path);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in header.Entries.Values.OrderBy(e => e.Begin))
            tensors[entry.Name] = ReadOne(file, entry);
        return tensors;
    }

    /// <summary>Copies a file's tensors into existing ones, which must agree in name, shape and type.</summary>
    /// <param name="path">The file.</param>
    /// <param name="targets">Written in place, on any device.</param>
    /// <param name="what">Named in messages, for example "the model".</param>
    /// <exception cref="InvalidDataException">
    /// The file is broken, or the two sides differ; nothing was written then. The message names both sides.
    /// </exception>
    public static void LoadInto(string path, IReadOnlyDictionary<string, Tensor> targets, string what = "the model")
    {
        ArgumentNullException.ThrowIfNull(targets);
        using var file = File.OpenRead(path);
        var header = SafetensorsHeader.Read(file, path);
        Compare(path, header, targets, what);
        using var _ = no_grad();
        foreach (var entry in header.Entries.Values.OrderBy(e => e.Begin))
        {
            using var scope = NewDisposeScope();
            targets[entry.Name].copy_(ReadOne(file, entry));
        }
    }

    /// <summary>Writes a module's parameters and buffers.</summary>
    public static void Save(string path, nn.Module model, IReadOnlyDictionary<string, string>? metadata = null) =>
        Save(path, TensorsOf(model), metadata);

    /// <summary>Copies a file into a module's parameters and buffers.</summary>
    /// <exception cref="InvalidDataException">The file is broken, or it is of another model.</exception>
    public static void LoadInto(string path, nn.Module model) => LoadInto(path, TensorsOf(model));

    /// <summary>A module's parameters and buffers by name; the module's own tensors.</summary>
    public static IReadOnlyDictionary<string, Tensor> TensorsOf(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.state_dict();
    }

    internal static void Write(
        Stream file,
        IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        // The widest types first keep every tensor aligned; the name order makes equal contents equal bytes.
        var ordered = tensors
            .OrderByDescending(pair => SafetensorsHeader.BytesOf(pair.Value.dtype))
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => (pair.Key, pair.Value))
            .ToList();
        file.Write(SafetensorsHeader.Write(ordered, metadata));
        using var _ = no_grad();
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            foreach (var chunk in Chunks(tensor.detach().cpu().contiguous()))
                file.Write(chunk.bytes);
        }
    }

    private static Tensor ReadOne(Stream file, SafetensorsEntry entry)
    {
        var tensor = empty([.. entry.Shape], dtype: entry.Type);
        using var scope = NewDisposeScope();
        foreach (var chunk in Chunks(tensor))
            file.ReadExactly(chunk.bytes);
        return tensor;
    }

    private static IEnumerable<Tensor> Chunks(Tensor contiguous)
    {
        if (contiguous.numel() == 0)
            yield break;
        var flat = contiguous.view(-1);
        var step = ChunkBytes / SafetensorsHeader.BytesOf(contiguous.dtype);
        for (var at = 0L; at < flat.shape[0]; at += step)
            yield return flat.narrow(0, at, Math.Min(step, flat.shape[0] - at));
    }

    private static void Compare(
        string path,
        SafetensorsHeader header,
        IReadOnlyDictionary<string, Tensor> targets,
        string what
    )
    {
        var problems = new List<string>();
        foreach (var name in targets.Keys.Where(name => !header.Entries.ContainsKey(name)))
            problems.Add($"'{name}' is in {what}, not in the file");
        foreach (var entry in header.Entries.Values)
            if (!targets.TryGetValue(entry.Name, out var target))
                problems.Add($"'{entry.Name}' is in the file, not in {what}");
            else if (!target.shape.SequenceEqual(entry.Shape) || target.dtype != entry.Type)
                problems.Add(
                    $"'{entry.Name}' is {entry.Type} [{string.Join(", ", entry.Shape)}] in the file, "
                        + $"{target.dtype} [{string.Join(", ", target.shape)}] in {what}"
                );
        if (problems.Count > 0)
            throw new InvalidDataException(
                $"{path} does not fit {what}: {string.Join("; ", problems.Take(5))}"
                    + (problems.Count > 5 ? $"; and {problems.Count - 5} more." : ".")
            );
    }
}
