using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>A model's parameters and buffers, put aside to be put back: several trainings from one beginning.</summary>
public sealed class KeptWeights : RichObject, IDisposable
{
    private readonly Dictionary<string, Tensor> kept = [];

    /// <summary>Copies the weights that a model has now.</summary>
    public KeptWeights(nn.Module model)
    {
        using var quiet = no_grad();
        foreach (var (name, tensor) in Safetensors.TensorsOf(model))
            kept[name] = tensor.detach().clone().DetachFromDisposeScope();
    }

    /// <summary>Numbers kept.</summary>
    public long Count => kept.Values.Sum(tensor => tensor.numel());

    /// <summary>Gives a model the kept weights.</summary>
    /// <exception cref="ArgumentException">The model has other parameters; nothing was written then.</exception>
    public void PutBack(nn.Module model)
    {
        var targets = Safetensors.TensorsOf(model);
        foreach (var name in kept.Keys.Union(targets.Keys).Order(StringComparer.Ordinal))
            if (
                !kept.TryGetValue(name, out var mine)
                || !targets.TryGetValue(name, out var other)
                || !mine.shape.SequenceEqual(other.shape)
            )
                throw new ArgumentException($"The model differs from the one whose weights were kept, at '{name}'.");
        using var quiet = no_grad();
        foreach (var (name, tensor) in targets)
            tensor.copy_(kept[name]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in kept.Values)
            tensor.Dispose();
    }
}
