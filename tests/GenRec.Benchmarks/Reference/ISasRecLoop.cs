using GenRec.Shared.Evaluation;

namespace GenRec.Benchmarks.Reference;

/// <summary>A loop that trains SASRec a batch at a time: the reference's, or ours.</summary>
internal interface ISasRecLoop : IDisposable
{
    /// <summary>Steps in which every user is drawn once.</summary>
    int StepsPerEpoch { get; }

    /// <summary>Loss of the latest step.</summary>
    double LastLoss { get; }

    /// <summary>Scores the catalogue with the weights as they are.</summary>
    IFullScorer Scorer { get; }

    /// <summary>Trains on one batch.</summary>
    /// <returns>Number of real positions in it.</returns>
    int Step();
}
