using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Experiments;

public class OptionTextTests
{
    private static readonly SasRecPreset Smoke = SasRecPreset.Find("sasrec-bce-smoke-smoke");

    [Fact]
    public void NumbersSwitchesAndNamesAreSetInAnyCase()
    {
        var options = Smoke.Model;
        Assert.Equal(0.25, OptionText.With(options, "DROPOUT", "0.25").Dropout);
        Assert.True(OptionText.With(options, "outputProjection", "true").OutputProjection);
        Assert.Equal(NormPlacement.Post, OptionText.With(options, "norm", "post").Norm);
        Assert.Equal(Precision.BFloat16, OptionText.With(options, "precision", "bFloat16").Precision);
        Assert.Equal(options, OptionText.With(options, "dropout", $"{options.Dropout}"));
    }

    [Fact]
    public void EveryNamedOptionIsOneOfTheRecord() =>
        Assert.All(
            OptionText.Names(Smoke.Model),
            name =>
                Assert.Contains(
                    typeof(SasRecOptions).GetProperties(),
                    property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                )
        );

    [Fact]
    public void AnUnknownOptionNamesThoseThatThereAre()
    {
        var error = Assert.Throws<ArgumentException>(() => OptionText.With(Smoke.Model, "droput", "0.3"));
        Assert.Contains("no option 'droput'", error.Message);
        Assert.Contains("dropout", error.Message);
    }

    [Theory]
    [InlineData("dropout", "much", "a number")]
    [InlineData("dropout", "[0.1]", "a number")]
    [InlineData("dropout", "null", "a number")]
    [InlineData("heads", "1.5", "a whole number")]
    [InlineData("norm", "sideways", "one of official, pre, post")]
    [InlineData("norm", "2", "one of official, pre, post")]
    [InlineData("outputProjection", "yes", "true or false")]
    [InlineData("initialStandardDeviation", "small", "a number, or null")]
    public void AValueThatDoesNotFitIsNamedWithItsOptionAndType(string option, string value, string type)
    {
        var error = Assert.Throws<ArgumentException>(() => OptionText.With(Smoke.Model, option, value));
        Assert.Contains($"'{value}'", error.Message);
        Assert.Contains($"'{option}', which is {type}.", error.Message);
    }

    [Fact]
    public void AllValuesOfAPresetAreListedByTheirPaths()
    {
        var all = OptionText.All(Smoke).ToDictionary(option => option.Path, option => option.Value);
        Assert.Equal("0.3", all["model.dropout"]);
        Assert.Equal("official", all["model.norm"]);
        Assert.Equal("0.98", all["training.optimizer.beta2"]);
        Assert.Equal("null", all["training.steps"]);
    }

    [Fact]
    public void EveryListedPathCanBeSetToTheValueItHas()
    {
        var tiger = TigerPreset.Find("tiger-rqvae-smoke-smoke");
        var all = OptionText.All(tiger);
        Assert.Contains("ids.rqVae.hidden", all.Select(option => option.Path));
        Assert.DoesNotContain("name", all.Select(option => option.Path)); // made from other values
        Assert.DoesNotContain("dataset", all.Select(option => option.Path)); // names the preset
        foreach (var (path, value) in all.Where(option => option.Value != "null"))
            Assert.Equal(all, OptionText.All(OptionText.With(tiger, path, value)));
    }

    [Fact]
    public void AShortNameMeansTheLeastNestedOption()
    {
        var tiger = TigerPreset.Find("tiger-rqvae-smoke-smoke");
        var short_ = tiger.With([KeyValuePair.Create("batchSize", "7"), KeyValuePair.Create("codes", "8")]);
        Assert.Equal((7, 8), (short_.Model.BatchSize, short_.Ids.RqVae!.Codes));
        Assert.Equal(tiger.Ids.RqVae!.BatchSize, short_.Ids.RqVae.BatchSize);
        var full = tiger.With([KeyValuePair.Create("ids.rqVae.batchSize", "7")]);
        Assert.Equal((tiger.Model.BatchSize, 7), (full.Model.BatchSize, full.Ids.RqVae!.BatchSize));
    }

    [Fact]
    public void AnotherScheduleKeepsTheWarmUp()
    {
        var tiger = TigerPreset.Find("tiger-rqvae-smoke-smoke");
        var changed = tiger.With([KeyValuePair.Create("training.schedule.$type", "cosine")]);
        var schedule = Assert.IsType<CosineSchedule>(changed.Training.Schedule);
        Assert.Equal(tiger.Training.Schedule.WarmupSteps, schedule.WarmupSteps);
        var error = Assert.Throws<ArgumentException>(() =>
            tiger.With([KeyValuePair.Create("training.schedule.$type", "cosinus")])
        );
        Assert.Contains("which is one of constant, inverse-square-root, cosine, linear.", error.Message);
    }

    [Fact]
    public void AListIsGivenInBrackets()
    {
        var tiger = TigerPreset.Find("tiger-rqvae-smoke-smoke");
        Assert.Equal([32, 16], tiger.With([KeyValuePair.Create("hidden", "[32,16]")]).Ids.RqVae!.Hidden);
        var error = Assert.Throws<ArgumentException>(() => tiger.With([KeyValuePair.Create("hidden", "32")]));
        Assert.Contains("'ids.rqVae.hidden', which is a list, as in [512,256].", error.Message);
    }

    [Fact]
    public void ALengthInStepsTakesThePlaceOfOneInEpochs()
    {
        var changed = Smoke.With([KeyValuePair.Create("training.steps", "9")]);
        Assert.Equal((9L, null), (changed.Training.Steps, changed.Training.Epochs));
    }

    [Fact]
    public void APresetLooksInTheModelThenInTheTraining()
    {
        var changed = Smoke.With(
            new Dictionary<string, string>
            {
                ["dropout"] = "0.2",
                ["learningRate"] = "1e-2",
                ["patience"] = "7",
            }
        );
        Assert.Equal((0.2, 0.01, 7), (changed.Model.Dropout, changed.Training.LearningRate, changed.Training.Patience));
        Assert.Equal(Smoke.Name, changed.Name);
        Assert.Equal(Smoke, Smoke.With([]));
    }

    [Theory]
    [InlineData("dropout", "1.5", "Dropout")]
    [InlineData("hidden", "0", "Hidden")]
    [InlineData("epochs", "-1", "Epochs")]
    [InlineData("droput", "0.1", "no option 'droput'")]
    public void APresetRefusesWhatIsOutOfRangeOrUnknown(string option, string value, string named) =>
        Assert.Contains(
            named,
            Assert.ThrowsAny<ArgumentException>(() => Smoke.With([KeyValuePair.Create(option, value)])).Message
        );
}
