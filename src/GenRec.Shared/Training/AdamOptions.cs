using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;

namespace GenRec.Shared.Training;

/// <summary>What Adam and AdamW need besides the learning rate.</summary>
public sealed record AdamOptions : RichRecord
{
    /// <summary>Decay of the running mean of gradients. At least 0, below 1.</summary>
    [Range(0, 0.999999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of squared gradients. At least 0, below 1. SASRec's code uses 0.98.</summary>
    [Range(0, 0.999999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment. Above 0.</summary>
    [Range(1e-30, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Strength of weight decay; a parameter group may have its own. At least 0.</summary>
    [Range(0, 10.0)]
    public double WeightDecay { get; init; }

    /// <summary>
    /// True shrinks the weights apart from the gradient step (AdamW, Loshchilov and Hutter, ICLR 2019); false adds the
    /// decay to the gradient (L2, as torch.optim.Adam does).
    /// </summary>
    public bool Decoupled { get; init; }

    /// <summary>AdamW with this weight decay.</summary>
    public static AdamOptions AdamW(double weightDecay = 0.01) => new() { Decoupled = true, WeightDecay = weightDecay };
}
