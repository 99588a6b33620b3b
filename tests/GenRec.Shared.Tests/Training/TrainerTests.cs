using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Training;

public sealed class TrainerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void TrainingLearnsTheTask()
    {
        using var task = new TinyTask();
        var before = task.Error();
        var result = Trainer.Fit(
            task,
            new TrainingOptions
            {
                Epochs = 40,
                LearningRate = 0.01,
                Metric = "fit",
            },
            null,
            Cancel
        );
        Assert.Equal(400, result.Steps);
        Assert.True(task.Error() < before / 10, $"{before} to {task.Error()}");
        Assert.Equal(-task.Error(), result.BestMetric!.Value, 1e-9);
    }
}
