using GenRec.Shared.Display;
using GenRec.Shared.Plotting;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Display;

/// <summary>These tests set process-wide host data and the console, so they run with those of <see cref="Show"/>.</summary>
[Collection(nameof(ShowTests))]
public sealed class LiveProgressTests : IDisposable
{
    private readonly List<object> shown = [];
    private int updates;

    public void Dispose()
    {
        AppContext.SetData(Show.HostKey, null);
        AppContext.SetData(Show.LiveHostKey, null);
    }

    [Fact]
    public void ATrainingIsOneLineAndOneFigureReplacedInPlace()
    {
        UseHost(canUpdate: true);
        using (var watch = new TrainingWatch("SASRec", "NDCG@10"))
        {
            Train(watch);
            Assert.Equal(2, shown.Count);
            Assert.Contains("epoch", ((ProgressLine)shown[0]).ToText(), StringComparison.Ordinal);
        }
        var line = Assert.IsType<ProgressLine>(shown[0]);
        Assert.Matches(
            @"^SASRec  epoch 2 of 2  step 20 of 20  loss 5\.0000  1,000 samples/s  NDCG@10 0\.1200  done in \d+ s$",
            line.ToText()
        );
        Assert.Equal("SASRec", Assert.IsType<Figure>(shown[1]).Title);
        Assert.InRange(updates, 2, 8); // 26 events came within a moment
    }

    [Fact]
    public void AHostWithoutUpdatesGetsTheFinalStateOnly()
    {
        UseHost(canUpdate: false);
        using (var watch = new TrainingWatch("SASRec", "NDCG@10"))
        {
            Train(watch);
            Assert.Empty(shown);
        }
        Assert.Contains("done in", Assert.IsType<ProgressLine>(shown[0]).ToText(), StringComparison.Ordinal);
        Assert.IsType<Figure>(shown[1]);
        Assert.Equal(2, shown.Count);
    }

    [Fact]
    public void AConsoleGetsOnePlainLineAnEpoch()
    {
        var (before, writer) = (Console.Out, new StringWriter());
        Console.SetOut(writer);
        try
        {
            using var watch = new TrainingWatch("SASRec", "NDCG@10");
            Train(watch);
        }
        finally
        {
            Console.SetOut(before);
        }
        Assert.Equal(
            "SASRec  epoch 1 of 2  loss 6.0000  1,000 samples/s  NDCG@10 0.1000  best\n"
                + "SASRec  epoch 2 of 2  loss 5.0000  1,000 samples/s  NDCG@10 0.1200  best\n",
            writer.ToString().ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public void WithoutValidationAConsoleGetsTheLossOfEachEpoch()
    {
        var lines = new EpochLines();
        var written = new List<string?>();
        for (var step = 1; step <= 20; step++)
            written.Add(lines.Next(Reported(step, 6), "NDCG@10"));
        written.Add(lines.Rest());
        Assert.Equal(
            ["epoch 1 of 2  loss 6.0000  1,000 samples/s", "epoch 2 of 2  loss 6.0000  1,000 samples/s"],
            written.OfType<string>()
        );
    }

    [Fact]
    public void WorkThatStopsShortIsNotCalledDone()
    {
        UseHost(canUpdate: true);
        using (var progress = Show.Progress("ranking"))
            progress.Report(0.5);
        Assert.Contains(
            "stopped after",
            Assert.IsType<ProgressLine>(Assert.Single(shown)).ToText(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void TheBarSaysItsShareInTextAndInHtml()
    {
        var line = new ProgressLine("ranking <1>", 0.5, ["block 3"]) { Left = TimeSpan.FromSeconds(3800) };
        Assert.Equal("ranking <1>  ############............  50%  block 3  1:03:20 left", line.ToText());
        Assert.Contains("aria-valuenow=\"50\"", line.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("ranking &lt;1&gt;", line.ToHtml(), StringComparison.Ordinal);
    }

    private static void Train(TrainingWatch watch)
    {
        for (var step = 1; step <= 20; step++)
        {
            watch.Report(Reported(step, step <= 10 ? 6 : 5));
            if (step % 10 == 0)
                watch.Report(
                    new Validated(
                        At(step),
                        new Dictionary<string, double> { ["NDCG@10"] = step == 10 ? 0.1 : 0.12 },
                        true,
                        0,
                        TimeSpan.Zero
                    )
                );
        }
        watch.Report(
            new TrainingFinished(
                At(20),
                new TrainingResult
                {
                    Steps = 20,
                    StoppedEarly = false,
                    WeightsOfStep = 20,
                    Metrics = new Dictionary<string, double>(),
                    Seconds = 1,
                }
            )
        );
    }

    private static LossReported Reported(long step, double loss) =>
        new(At(step), loss, 0.001, 1, 1000, TimeSpan.FromSeconds(20 - step));

    private static TrainingPosition At(long step) => new(step, 20, step / 10.0);

    private void UseHost(bool canUpdate)
    {
        AppContext.SetData(Show.HostKey, (Action<object>)shown.Add);
        if (canUpdate)
            AppContext.SetData(
                Show.LiveHostKey,
                (Func<object, Action<object>>)(
                    first =>
                    {
                        var place = shown.Count;
                        shown.Add(first);
                        return next =>
                        {
                            updates++;
                            shown[place] = next;
                        };
                    }
                )
            );
    }
}
