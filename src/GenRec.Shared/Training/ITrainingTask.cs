using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>What is trained: a model, its loss on a batch, and how it is validated.</summary>
public interface ITrainingTask
{
    /// <summary>The model; its parameters and buffers are what checkpoints hold.</summary>
    nn.Module Model { get; }

    /// <summary>Batches in one pass over the data, at least 1.</summary>
    long BatchesPerEpoch { get; }

    /// <summary>Groups with their own learning rate or weight decay. By default all parameters are one group.</summary>
    IReadOnlyList<ParameterGroup> ParameterGroups => [ParameterGroup.All(Model)];

    /// <summary>
    /// Choices that change the result and are not in <see cref="TrainingOptions"/>: model options, data set, its version.
    /// A checkpoint made under other ones is refused.
    /// </summary>
    IReadOnlyDictionary<string, string> Identity => new Dictionary<string, string>();

    /// <summary>
    /// Tensors that training changes and the model does not hold; saved with each checkpoint and copied back on resume.
    /// </summary>
    IReadOnlyDictionary<string, Tensor> Baggage => new Dictionary<string, Tensor>();

    /// <summary>The loss of one batch. Called in training mode, in a dispose scope, once per batch and in order.</summary>
    /// <param name="step">
    /// Which batch. Batch order, negatives and noise must be pure functions of it; torch's generators and
    /// <see cref="Runtime.DropoutStream.Current"/> are seeded from it.
    /// </param>
    BatchLoss Loss(TrainingStep step);

    /// <summary>Metrics on the validation data; higher is better. Called in evaluation mode without gradients.</summary>
    /// <param name="cancellation">Signalled when the training is to stop.</param>
    /// <returns>Named metrics; empty where the task has no validation.</returns>
    IReadOnlyDictionary<string, double> Validate(CancellationToken cancellation) => new Dictionary<string, double>();
}
