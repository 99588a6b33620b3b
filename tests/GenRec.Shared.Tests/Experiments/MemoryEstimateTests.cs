using GenRec.Shared.Experiments;
using GenRec.Shared.Experiments.Presets;

namespace GenRec.Shared.Tests.Experiments;

public class MemoryEstimateTests
{
    private const long Gibi = 1 << 30;

    public static TheoryData<string> Names =>
        [
            .. NextItemPresets
                .All.Select(preset => preset.Name)
                .Concat(TigerPreset.All.Select(preset => preset.Name))
                .Concat(BackbonePreset.All.Select(preset => preset.Name))
                .Concat(SemanticIdPreset.All.Select(preset => preset.Name))
                .Concat(OneRecPreset.All.Select(preset => preset.Name))
                .Concat(AlignmentPreset.All.Select(preset => preset.Name)),
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryPresetHasAnEstimateThatFitsALaptop(string name)
    {
        var estimate = Of(Find(name))!;
        Assert.InRange(estimate.OnDevice, 1 << 20, 16 * Gibi);
        Assert.Equal(estimate.OnDevice + MemoryEstimate.Program, estimate.OnCpu);
    }

    // Peak resident memory in GiB on Debian 12 with one thread, the first minute of a run, see MemoryEstimate.Of.
    [Theory]
    [InlineData("sasrec-bce-amazon14-beauty-paper", 0.5)]
    [InlineData("sasrec-ce-ml-1m-paper", 0.8)]
    [InlineData("bert4rec-cloze-ce-ml-1m-paper", 1.1)]
    [InlineData("tiger-rqkmeans-amazon14-beauty-paper", 2.3)]
    [InlineData("sids-rqvae-3x256-amazon14-beauty-paper", 0.5)]
    [InlineData("sids-rqkmeans-3x256-amazon14-sports-paper", 0.7)]
    public void ItIsAnUpperEndAndNotFarFromWhatWasMeasured(string name, double measured)
    {
        var set = GenRec.Shared.Data.PublicDatasets.Find(Dataset(Find(name)))!;
        var estimate = MemoryEstimate.Of(Find(name), set.Items, set.Interactions)!.OnCpu / (double)Gibi;
        Assert.InRange(estimate, measured, 4 * measured);
    }

    [Theory]
    [InlineData("batchSize")]
    [InlineData("feedForward")]
    [InlineData("maxItems")]
    [InlineData("encoderLayers")]
    public void ALargerRunNeedsMore(string option)
    {
        var preset = TigerPreset.Find("tiger-rqvae-short-amazon14-beauty-paper");
        var twice = preset.With([
            KeyValuePair.Create(
                option,
                $"{2 * int.Parse(OptionText.All(preset).Single(known => known.Path == $"model.{option}").Value)}"
            ),
        ]);
        Assert.InRange(Of(twice)!.Step / (double)Of(preset)!.Step, 1.05, 2.5);
    }

    [Theory]
    [InlineData("batchSize")]
    [InlineData("feedForward")]
    [InlineData("maxHistory")]
    [InlineData("sessionLength")]
    [InlineData("decoderLayers")]
    public void ALargerRunOfSessionsNeedsMore(string option)
    {
        var preset = OneRecPreset.Find("onerec-session-feed-large");
        var twice = preset.With([
            KeyValuePair.Create(
                $"model.{option}",
                $"{2 * int.Parse(OptionText.All(preset).Single(known => known.Path == $"model.{option}").Value)}"
            ),
        ]);
        Assert.InRange(Of(twice)!.Step / (double)Of(preset)!.Step, 1.05, 2.5);
        var experts = preset.With([KeyValuePair.Create("experts", "48")]);
        Assert.InRange(Of(experts)!.Weights / (double)Of(preset)!.Weights, 1.7, 2); // nearly all weights are experts'
        Assert.InRange(Of(experts)!.Step / (double)Of(preset)!.Step, 1, 1.1); // and a token still goes to two
    }

    [Fact]
    public void AnAlignmentNeedsMoreThanItsPretraining()
    {
        var (ipa, losers) = (
            AlignmentPreset.Find("onerec-ipa-feed-longer"),
            AlignmentPreset.Find("onerec-s-dpo-feed-longer")
        );
        Assert.True(Of(ipa)!.Weights > Of(ipa.Base)!.Weights && Of(ipa)!.Step > Of(ipa.Base)!.Step);
        Assert.True(Of(losers)!.Step > Of(ipa)!.Step);
    }

    [Fact]
    public void WhatIsNoPresetHasNone() => Assert.Null(Of(new object()));

    private static MemoryEstimate? Of(object preset) => MemoryEstimate.Of(preset, 12_101, 198_502);

    private static object Find(string name) =>
        name.Split('-')[0] switch
        {
            "tiger" => TigerPreset.Find(name),
            "backbone" => BackbonePreset.Find(name),
            "sids" => SemanticIdPreset.Find(name),
            "onerec" when OneRecPreset.All.Any(preset => preset.Name == name) => OneRecPreset.Find(name),
            "onerec" => AlignmentPreset.Find(name),
            _ => NextItemPresets.All.Single(preset => preset.Name == name),
        };

    private static string Dataset(object preset) =>
        preset switch
        {
            TigerPreset tiger => tiger.Dataset,
            SemanticIdPreset ids => ids.Dataset,
            NextItemPreset next => next.Dataset,
            _ => throw new ArgumentException(null, nameof(preset)),
        };
}
