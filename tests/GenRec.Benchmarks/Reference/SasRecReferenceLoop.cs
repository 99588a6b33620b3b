using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Benchmarks.Reference;

/// <summary>The reference's training loop, a step at a time: library Adam, one batch, one item read back.</summary>
internal sealed class SasRecReferenceLoop : ISasRecLoop
{
    private readonly ReferenceSampler sampler;
    private readonly SasRecReference model;
    private readonly Adam optimizer;

    public SasRecReferenceLoop(Interactions train, ReferenceOptions options, int seed)
    {
        manual_seed(seed);
        model = new SasRecReference(train.ItemCount, options);
        model.train();
        optimizer = optim.Adam(model.parameters(), options.LearningRate, beta1: 0.9, beta2: 0.98);
        sampler = new ReferenceSampler(train, options.Batch, options.Length, seed);
        StepsPerEpoch = (train.Users - 1) / options.Batch + 1;
    }

    public IFullScorer Scorer => model;

    public int StepsPerEpoch { get; }

    public double LastLoss { get; private set; } = double.NaN;

    public int Step()
    {
        using var scope = NewDisposeScope();
        var batch = sampler.Next();
        optimizer.zero_grad();
        var loss = model.Loss(batch);
        loss.backward();
        optimizer.step();
        LastLoss = loss.item<float>();
        return batch.RealPositions;
    }

    public void Dispose()
    {
        sampler.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }
}
