using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Shared.Nn;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>Our model's weights under the reference's names: a matrix for each of query, key and value.</summary>
internal static class T5ReferenceWeights
{
    public static Dictionary<string, Tensor> Of(T5 model)
    {
        using var quiet = no_grad();
        var weights = new Dictionary<string, Tensor>();
        foreach (var (name, weight) in model.named_parameters())
        {
            var names = Names(name);
            var parts = names.Length == 1 ? [weight.detach()] : weight.detach().chunk(names.Length, 0);
            foreach (var (part, value) in names.Zip(parts))
                weights[part] = value.contiguous().DetachFromDisposeScope();
        }
        return weights;
    }

    /// <summary>Writes all weights one behind the other, float32, and their names and shapes as lines.</summary>
    public static void Write(Dictionary<string, Tensor> weights, string valuesPath, string namesPath)
    {
        using var values = File.Create(valuesPath);
        foreach (var weight in weights.Values)
            values.Write(MemoryMarshal.AsBytes(weight.data<float>().ToArray().AsSpan()));
        File.WriteAllLines(
            namesPath,
            weights.Select(pair =>
                $"{pair.Key} {string.Join(' ', pair.Value.shape.Select(size => size.ToString(CultureInfo.InvariantCulture)))}"
            )
        );
    }

    private static string[] Names(string name)
    {
        var stem = name.Replace(".layers.", ".", StringComparison.Ordinal);
        if (stem.EndsWith(".queryKeyValue.weight", StringComparison.Ordinal))
            return
            [
                .. new[] { "query", "key", "value" }.Select(part =>
                    stem.Replace("queryKeyValue", part, StringComparison.Ordinal)
                ),
            ];
        if (stem.EndsWith(".keyValue.weight", StringComparison.Ordinal))
            return
            [
                .. new[] { "key", "value" }.Select(part => stem.Replace("keyValue", part, StringComparison.Ordinal)),
            ];
        return [stem];
    }
}
