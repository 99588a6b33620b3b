using GenRec.Shared.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>The reference's training loop, a step at a time: library Adam, one batch, one item read back.</summary>
internal sealed class ReferenceTraining : IDisposable
{
    private readonly ReferenceSampler sampler;
    private readonly Adam optimizer;

    public ReferenceTraining(Interactions train, ReferenceOptions options, int seed)
    {
        manual_seed(seed);
        Model = new SasRecReference(train.ItemCount, options);
        Model.train();
        optimizer = optim.Adam(Model.parameters(), options.LearningRate, beta1: 0.9, beta2: 0.98);
        sampler = new ReferenceSampler(train, options.Batch, options.Length, seed);
        StepsPerEpoch = (train.Users - 1) / options.Batch + 1;
    }

    /// <summary>The model being trained.</summary>
    public SasRecReference Model { get; }

    /// <summary>Steps in which every user is drawn once.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Loss of the latest step.</summary>
    public double LastLoss { get; private set; } = double.NaN;

    /// <summary>Trains on one batch.</summary>
    /// <returns>Number of real positions in it.</returns>
    public int Step()
    {
        using var scope = NewDisposeScope();
        var batch = sampler.Next();
        optimizer.zero_grad();
        var loss = Model.Loss(batch);
        loss.backward();
        optimizer.step();
        LastLoss = loss.item<float>();
        return batch.RealPositions;
    }

    public void Dispose()
    {
        sampler.Dispose();
        optimizer.Dispose();
        Model.Dispose();
    }
}
