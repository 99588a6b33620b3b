using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Keeps losses and gradient norms on the device until someone asks, because reading waits for the device.</summary>
internal sealed class LossMeter : IDisposable
{
    private const int MostKept = 4096;
    private readonly List<(long Step, double LearningRate, long Count, Tensor Loss)> losses = [];
    private (long Step, double LearningRate, Tensor Norm)? norm;

    /// <summary>Sum of the losses read, each weighed by its samples.</summary>
    public double Sum { get; set; }

    /// <summary>Samples of <see cref="Sum"/>.</summary>
    public long Count { get; set; }

    /// <summary>The last gradient norm read.</summary>
    public double LastNorm { get; private set; } = double.NaN;

    /// <summary>Whether so much waits that it should be read.</summary>
    public bool IsFull => losses.Count >= MostKept;

    public void Add(long step, double learningRate, BatchLoss loss) =>
        losses.Add((step, learningRate, loss.Count, loss.Mean.detach().DetachFromDisposeScope()));

    public void Add(long step, double learningRate, Tensor gradientNorm)
    {
        norm?.Norm.Dispose();
        norm = (step, learningRate, gradientNorm.DetachFromDisposeScope());
    }

    /// <summary>Waits for the device and adds up; throws for the first number that is not finite.</summary>
    public void Read(string? checkpoint)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var values =
            losses.Count == 0 ? []
            : losses is [var only] ? [only.Loss.to(ScalarType.Float32).item<float>()]
            : stack(losses.Select(l => l.Loss.view([]))).to(ScalarType.Float32).cpu().data<float>().ToArray();
        for (var i = 0; i < losses.Count; i++)
        {
            var (step, rate, count, tensor) = losses[i];
            if (!float.IsFinite(values[i]))
                throw new TrainingDivergedException("loss", step, rate, checkpoint);
            Sum += (double)values[i] * count;
            Count += count;
            tensor.Dispose();
        }
        losses.Clear();
        if (norm is not { } last)
            return;
        LastNorm = last.Norm.to(ScalarType.Float32).item<float>();
        last.Norm.Dispose();
        norm = null;
        if (!double.IsFinite(LastNorm))
            throw new TrainingDivergedException("gradient's norm", last.Step, last.LearningRate, checkpoint);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, _, _, tensor) in losses)
            tensor.Dispose();
        norm?.Norm.Dispose();
    }
}
