using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Experiments;

public class ReproductionTests
{
    private static readonly EvaluationProtocol Unseen = EvaluationProtocol.Full with
    {
        SeenFilter = SeenFilter.History,
    };

    [Theory]
    [InlineData(0.0400, 0.0001, 3, ReproductionStatus.Reproduced)]
    [InlineData(0.0407, 0.0001, 3, ReproductionStatus.Reproduced)] // within 2%
    [InlineData(0.0407, null, 1, ReproductionStatus.Close)] // one seed says nothing of noise
    [InlineData(0.0407, 0.0010, 2, ReproductionStatus.Close)] // nor do two
    [InlineData(0.0430, 0.0040, 3, ReproductionStatus.Reproduced)] // the interval holds it
    [InlineData(0.0430, 0.0010, 3, ReproductionStatus.Close)]
    [InlineData(0.0450, 0.0100, 5, ReproductionStatus.NotReproduced)] // a wide interval excuses no gap above a tenth
    [InlineData(0.0350, 0.0001, 3, ReproductionStatus.NotReproduced)]
    public void TheRuleJudgesByIntervalGapAndSeeds(
        double ours,
        double? width,
        int seeds,
        ReproductionStatus expected
    ) => Assert.Equal(expected, Reproduction.Judge(0.0400, 0.00005, ours, width, seeds));

    [Fact]
    public void RoundingOfThePrintedValueIsNoDifference() =>
        Assert.Equal(
            ReproductionStatus.Reproduced,
            Reproduction.Judge(0.03, 0.005, 0.0342, null, 3) // .03 may be anything up to .035
        );

    [Fact]
    public void StudentsIntervalOfThreeSeedsIsWiderThanTwoStandardErrors()
    {
        var mean = SeedMean.Of([0.1, 0.2, 0.3]);
        Assert.Equal(4.303 * mean.StandardError!.Value, SeedInterval.HalfWidth(mean, 3)!.Value, 1e-12);
        Assert.Null(SeedInterval.HalfWidth(SeedMean.Of([0.1]), 1));
        Assert.Equal(2.086, SeedInterval.HalfWidth(new SeedMean(0, 1), 400)!.Value, 1e-12);
    }

    [Fact]
    public void OnlyRecordsOfTheSameProtocolAndVariantAreComparedWithAClaim()
    {
        var file = File("seen: removed", "ours: [ce]", ".0500");
        ResultRecord[] records =
        [
            TestRecords.Of("ce", [0.0500, 0.0501, 0.0499]), // seen items kept
            TestRecords.Of("bce-unseen", [0.0500, 0.0501, 0.0499], Unseen),
            TestRecords.Of("ce-sampled", [0.0500, 0.0501, 0.0499], EvaluationProtocol.Sampled()),
            TestRecords.Of("ce-unseen", [0.0500, 0.0501, 0.0499], Unseen, dataset: "amazon14-sports"),
        ];
        Assert.Equal(ReproductionStatus.NotRun, Reproduction.Of(file, records).Status);
        var status = Reproduction.Of(file, [.. records, TestRecords.Of("ce-unseen", [0.0400, 0.0401, 0.0399], Unseen)]);
        Assert.Equal(ReproductionStatus.NotReproduced, status.Status);
        Assert.Equal(-0.2, Assert.Single(status.Claims).Decisive!.Gap, 1e-9);
    }

    [Fact]
    public void AnUnstatedFilterIsTriedBothWaysAndTheNearerOneIsNamed()
    {
        var file = File("seen: unstated", "ours: [ce]", ".0500");
        var status = Reproduction.Of(
            file,
            [TestRecords.Of("ce", [0.03, 0.031, 0.029]), TestRecords.Of("ce-unseen", [0.0500, 0.0501, 0.0499], Unseen)]
        );
        Assert.Equal(ReproductionStatus.Reproduced, status.Status);
        var claim = Assert.Single(status.Claims);
        Assert.Equal("full ranking, seen items left out", claim.Record!.Protocol.Words);
        Assert.Contains("left out", ReproductionTables.Claims(status.Claims).ToText());
    }

    [Fact]
    public void TheWeakestOfThePapersClaimsDecidesAndOtherRunsOnlyWhereNoneWasRun()
    {
        ResultRecord[] records = [TestRecords.Of("ce-unseen", [0.0500, 0.0501, 0.0499], Unseen)];
        var both = File("seen: removed", "ours: [ce]", ".0500", ".0600");
        Assert.Equal(ReproductionStatus.NotReproduced, Reproduction.Of(both, records).Status);
        var rerun = Reproduction.Of(
            PublishedFile.Parse(
                Text("seen: removed", "ours: [ce]", ".0500", ".0600").Replace("by: paper", "by: reproduction"),
                "p"
            ),
            records
        );
        // One is reproduced, one is not: of equally many the weaker.
        Assert.Equal((ReproductionStatus.NotReproduced, PublishedBy.Reproduction), (rerun.Status, rerun.By));
    }

    [Fact]
    public void EverySystemOfTheReadingListHasAStatus()
    {
        var systems = Reproduction.Of([], PublishedResults.LoadAll());
        Assert.Equal(29, systems.Count);
        Assert.All(systems, system => Assert.Equal(ReproductionStatus.NotRun, system.Status));
        var table = ReproductionTables.Of(systems).ToText();
        Assert.Contains("not run", table);
        Assert.Contains("95% confidence interval", table); // the rule stands under its table
    }

    private static PublishedFile File(string seen, string ours, params string[] values) =>
        PublishedFile.Parse(Text(seen, ours, values), "p.yaml");

    private static string Text(string seen, string ours, params string[] values) =>
        $"""
            system: SASRec
            results:
              - source: x
                by: paper
                split: leave-one-out
                ranking: full
                {seen}
                metrics: [NDCG@10]
                rows:
            """
        + "\n"
        + string.Concat(
            values.Select(
                (value, at) =>
                    $"      - {{system: SASRec, variant: v{at}, {ours}, values: {{amazon14-beauty: {value}}}}}\n"
            )
        );
}
