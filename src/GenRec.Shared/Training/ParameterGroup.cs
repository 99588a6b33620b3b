using GenRec.Shared.Display;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Parameters that share a learning rate and a weight decay.</summary>
/// <param name="Name">Shown in messages; unique within an optimizer.</param>
/// <param name="Parameters">Names and parameters; the names key the optimizer's state in checkpoints.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<(string Name, Parameter Value)> Parameters) : RichRecord
{
    /// <summary>Multiplies the scheduled learning rate. At least 0; 0 keeps the parameters as they are.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>Weight decay of this group; null takes the optimizer's.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>All parameters of a module that need gradients, as one group.</summary>
    public static ParameterGroup All(nn.Module module, string name = "all")
    {
        ArgumentNullException.ThrowIfNull(module);
        return new(name, [.. module.named_parameters().Where(p => p.parameter.requires_grad)]);
    }

    /// <summary>Two groups: matrices and tables with the optimizer's weight decay, biases and norms without.</summary>
    /// <remarks>The usual practice since "Attention is all you need" code bases: decay tensors of two or more axes.</remarks>
    public static IReadOnlyList<ParameterGroup> DecayMatricesOnly(nn.Module module)
    {
        var all = All(module).Parameters;
        return
        [
            new("matrices", [.. all.Where(p => p.Value.dim() > 1)]),
            new("vectors", [.. all.Where(p => p.Value.dim() <= 1)]) { WeightDecay = 0 },
        ];
    }
}
