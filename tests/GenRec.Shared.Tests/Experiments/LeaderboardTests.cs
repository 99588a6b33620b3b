using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Experiments;

public sealed class LeaderboardTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-leaderboard-").FullName;

    private static readonly ResultRecord[] Records =
    [
        TestRecords.Of("small", [0.030], parameters: 100, seconds: 90),
        TestRecords.Of("large", [0.050], parameters: 900, seconds: 50),
        TestRecords.Of("beaten", [0.029], parameters: 500, seconds: 95),
        TestRecords.Of("sampled", [0.400], EvaluationProtocol.Sampled()),
    ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TheFrontHoldsWhatNothingBeatsForLess()
    {
        var board = new Leaderboard(Records).Where(protocol: PublishedResults.FullRankingKept);
        Assert.Equal(["small", "large"], board.Front("NDCG@10", record => record.Parameters).Select(r => r.Variant));
        Assert.Equal(["large"], board.Front("NDCG@10", record => record.Seconds).Select(r => r.Variant));
        Assert.Contains("beaten", board.AgainstParameters("NDCG@10").ToPlotlyJson());
    }

    [Fact]
    public void FiltersNameWhatThereIsAndTwoProtocolsAreNeverRankedTogether()
    {
        var board = new Leaderboard(Records);
        Assert.Equal(2, board.Protocols.Count);
        Assert.Contains(
            "amazon14-beauty",
            Assert.Throws<ArgumentException>(() => board.Where(dataset: "beauty")).Message
        );
        Assert.Contains("Two protocols", Assert.Throws<ArgumentException>(() => board.Ranked("NDCG@10")).Message);
        Assert.Contains(
            "Two protocols",
            Assert.Throws<ArgumentException>(() => board.AgainstSeconds("NDCG@10")).Message
        );
        var one = board.Where(protocol: board.Protocols[0]);
        Assert.StartsWith("sasrec, large", one.Ranked("NDCG@10").Rows[0][0]!.ToString());
        Assert.Contains("there are NDCG@10", Assert.Throws<ArgumentException>(() => one.Ranked("NDCG@11")).Message);
    }

    [Fact]
    public void AChartTakesOneProtocolOnly()
    {
        var rows = ComparedRow.Of(Records);
        var error = Assert.Throws<ArgumentException>(() => ComparisonChart.Of(rows, "NDCG@10"));
        Assert.Contains("'amazon14-beauty: full ranking, seen items kept'", error.Message);
        Assert.Contains("100 uniform negatives", error.Message);
        var json = ComparisonChart.Of([.. rows.Take(3)], "NDCG@10").ToPlotlyJson();
        Assert.Contains("sasrec, large (ours)", json);
    }

    [Fact]
    public void TheReportHoldsOwnAndPublishedNumbersAndIsNotReplacedUnasked()
    {
        var report = new ComparisonReport(Records, PublishedResults.LoadAll());
        var files = report.Save(folder);
        var (page, markdown) = (File.ReadAllText(files[0]), File.ReadAllText(files[1]));
        foreach (var text in new[] { page, markdown })
        {
            Assert.Contains("0.0318", text); // S3-Rec's row
            Assert.Contains("0.0500", text); // ours
            Assert.Contains("not mentioned", text); // a table of its own
            Assert.Contains("LC-Rec", text); // a system that was not run
        }
        Assert.Contains("| system | status |", markdown);
        Assert.Contains("Plotly.newPlot", page.Replace("plotly.newPlot", "Plotly.newPlot"));
        Assert.Contains("is there already", Assert.Throws<IOException>(() => report.Save(folder)).Message);
        Assert.Equal(files, report.Save(folder, overwrite: true));
    }
}
