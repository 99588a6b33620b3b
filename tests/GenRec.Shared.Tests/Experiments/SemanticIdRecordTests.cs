using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.SemanticIds.Measures;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.Experiments;

/// <summary>The committed records of semantic ids say what the notebooks say of them.</summary>
public class SemanticIdRecordTests
{
    private const string Beauty = "amazon14-beauty";

    private static readonly IReadOnlyList<ResultRecord> Records =
    [
        .. ResultRecords.Load(Results()).Where(record => record.System == SemanticIdComparison.System),
    ];

    [Theory]
    [InlineData("rqvae-3x256", Beauty)]
    [InlineData("rqvae-3x256", "amazon14-sports")]
    [InlineData("rqkmeans-3x256", Beauty)]
    [InlineData("rqkmeans-3x256", "amazon14-sports")]
    [InlineData("rqkmeans-4x256", Beauty)]
    [InlineData("rqkmeans-4x256", "amazon14-sports")]
    public void OurIdsUseTheirCodesAndCollideWithNobodyAfterRepair(string variant, string dataset)
    {
        var record = Find(variant, dataset);
        Assert.True(SemanticIdComparison.LeastUsage(record) >= 0.95);
        Assert.Equal(0, record.Metrics["collision-rate"].Mean);
        Assert.Equal(1, record.Metrics["largest-group"].Mean);
        Assert.Contains(variant, record.Command, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rqvae-3x256", "unigenrec-text-rqvae-3x256-published")]
    [InlineData("rqkmeans-3x256", "unigenrec-text-rqvae-3x256-published")]
    [InlineData("rqkmeans-4x256", "unigenrec-text-rqkmeans-4x256-published")]
    public void OurIdsCollideLessBeforeRepairThanPublishedOnesOfTheirSize(string ours, string published) =>
        Assert.True(
            Find(ours, Beauty).Metrics["collision-rate-before"].Mean
                < Find(published, Beauty).Metrics["collision-rate-before"].Mean
        );

    [Fact]
    public void RecallByTupleIsNeverBelowRecallByMember()
    {
        foreach (var record in Records)
        {
            var (tuple, member) = (
                record.Metrics["itemknn-recall-10-by-tuple"].Mean,
                record.Metrics["itemknn-recall-10-by-member"].Mean
            );
            Assert.True(tuple >= member, record.RelativePath);
            if (record.Metrics["collision-rate-before"].Mean == 0)
                Assert.Equal(tuple, member, 12);
        }
    }

    [Theory]
    [InlineData("letter-rqvae-4x256")]
    [InlineData("iba-rqvae-4x256")]
    [InlineData("tiger-noname-rqvae-4x256")]
    [InlineData("tiger-noname-rqkmeans-4x256")]
    [InlineData("unigenrec-text-rqvae-3x256")]
    [InlineData("unigenrec-text-rqkmeans-4x256")]
    [InlineData("unigenrec-text-opq-32x256")]
    [InlineData("unigenrec-lightgcn-rqkmeansplus-16x128")]
    public void ThePublishedSetsStillMeasureWhatTheirRecordsSay(string set)
    {
        var record = Find($"{set}-published", Beauty);
        PublicData.Need(GenRec.Shared.Data.PublicDatasets.Find(Beauty)!);
        var preset = SemanticIdPreset.Find($"sids-{set}-published-{Beauty}-paper");
        var measured = SemanticIdReport.Of(set, preset.LoadPublished(12_101)).Metrics();
        foreach (var (name, value) in measured)
            Assert.Equal(record.Metrics[name].Mean, value, 9);
    }

    [Fact]
    public void TheTablesHoldEveryRecordOfTheirSet()
    {
        var ours = Records.Count(record => record.Dataset == Beauty);
        Assert.Equal(ours, SemanticIdComparison.Of(Records, Beauty).Rows.Count);
        Assert.Equal(ours, SemanticIdComparison.Recall(Records, Beauty).Rows.Count);
        var text = SemanticIdComparison.Of(Records, Beauty).ToText();
        Assert.Contains("letter-rqvae-4x256", text, StringComparison.Ordinal);
        Assert.Contains("published", text, StringComparison.Ordinal);
        Assert.Empty(SemanticIdComparison.Of(Records, "no such set").Rows);
    }

    private static ResultRecord Find(string variant, string dataset) =>
        Records.Single(record => record.Variant == variant && record.Dataset == dataset);

    private static string Results() =>
        Path.Combine(
            GenRec.Shared.Data.DataFolders.Repository
                ?? throw new DirectoryNotFoundException("The tests run outside a checkout."),
            "data",
            "results"
        );
}
