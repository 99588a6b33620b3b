using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Operators over lists of tensors that TorchSharp does not wrap, reached through TorchScript text.</summary>
/// <remarks>
/// One call updates all parameters. Where the installed libtorch does not know an operator, or has no kernel for the
/// device, the caller's own loop over plain operators takes over.
/// </remarks>
internal sealed class FusedKernels
{
    private const string Script = """
        def adam(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], lr: float, beta1: float, beta2: float, decay: float, eps: float):
            none: List[Tensor] = []
            torch._fused_adam_(p, g, m, v, none, t, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
            return lr

        def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor], lr: float, beta1: float, beta2: float, decay: float, eps: float):
            none: List[Tensor] = []
            torch._fused_adamw_(p, g, m, v, none, t, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
            return lr

        def norm(g: List[Tensor]):
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0)))

        def clip(g: List[Tensor], limit: float, divisor: float):
            norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0))) / divisor
            if g[0].device.type == "cpu" and divisor == 1.0 and float(norm) + 1e-6 <= limit:
                return norm
            torch._foreach_mul_(g, torch.clamp(limit / (norm + 1e-6), max=1.0) / divisor)
            return norm
        """;

    private static readonly Lazy<FusedKernels?> instance = new(TryCompile);
    private readonly jit.CompilationUnit unit;

    private FusedKernels(jit.CompilationUnit unit) => this.unit = unit;

    /// <summary>The kernels, or null where this libtorch has them not.</summary>
    public static FusedKernels? Instance => instance.Value;

    /// <summary>Why <see cref="Instance"/> is null; null where it is not.</summary>
    public static string? Missing { get; private set; }

    public void Adam(AdamLists lists, double learningRate, AdamOptions options, double decay)
    {
        // TorchSharp frees a number it converted itself as soon as the garbage collector runs, even while native code
        // still reads it; numbers that live in variables until after the call are safe.
        using Scalar rate = learningRate,
            beta1 = options.Beta1,
            beta2 = options.Beta2;
        using Scalar shrink = decay,
            epsilon = options.Epsilon;
        var (p, g, m, v, t) = (lists.Parameters, lists.Gradients, lists.First, lists.Second, lists.Steps);
        var name = options.Decoupled ? "adamw" : "adam";
        unit.invoke(name, p, g, m, v, t, rate, beta1, beta2, shrink, epsilon);
        GC.KeepAlive(lists);
    }

    /// <summary>The norm of all gradients together; a scalar on their device, owned by the caller.</summary>
    public Tensor Norm(Tensor[] gradients)
    {
        var norm = (Tensor)unit.invoke("norm", (object)gradients);
        GC.KeepAlive(gradients);
        return norm;
    }

    /// <summary>Divides in place, then scales down to a norm; returns the norm before the scaling, owned by the caller.</summary>
    public Tensor Clip(Tensor[] gradients, double limit, double divisor)
    {
        using Scalar largest = limit,
            count = divisor;
        var norm = (Tensor)unit.invoke("clip", gradients, largest, count);
        GC.KeepAlive(gradients);
        return norm;
    }

    private static FusedKernels? TryCompile()
    {
        try
        {
            return new FusedKernels(jit.compile(Script + "\n")); // the parser wants the last line ended
        }
        catch (Exception unknown) when (unknown is not OutOfMemoryException)
        {
            Missing = unknown.Message.Split('\n')[0];
            return null;
        }
    }
}

/// <summary>Lists of equal length that the fused kernel walks together.</summary>
internal readonly record struct AdamLists(
    Tensor[] Parameters,
    Tensor[] Gradients,
    Tensor[] First,
    Tensor[] Second,
    Tensor[] Steps
)
{
    /// <summary>Some of the entries.</summary>
    public AdamLists Pick(int[] at)
    {
        return new(Some(Parameters), Some(Gradients), Some(First), Some(Second), Some(Steps));

        Tensor[] Some(Tensor[] all) => Array.ConvertAll(at, index => all[index]);
    }
}
