using GenRec.Shared.Display;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public class PublishedResultsTests
{
    private const string File = """
        system: S
        results:
          - source: x
            by: paper
            split: leave-one-out
            ranking: full
            metrics: [Recall@10, NDCG@10]
            rows:
              - system: S
                values:
                  d: .0605/.0318
        """;

    [Fact]
    public void EveryEntryOfTheReadingListHasItsFileAndNoFileLacksAnEntry()
    {
        var entries = ReadingList.Load().Entries;
        Assert.Equal(entries.Select(PublishedResults.NameOf).Order(), PublishedResults.Papers.Order());
        var files = PublishedResults.LoadAll(); // reads and checks all
        Assert.All(entries, entry => Assert.Equal(entry.System, files[PublishedResults.NameOf(entry)].System));
        // Of one system no number could be read; its file says so.
        var silent = Assert.Single(files.Values, file => file.Rows.Count == 0);
        Assert.Equal("ColaRec", silent.System);
        Assert.Contains("no number to quote", silent.Note);
    }

    [Fact]
    public void EveryRankedNumberIsAFractionOfItsRangeAndKeepsItsDigits() =>
        Assert.All(
            PublishedResults.LoadAll().Values.SelectMany(file => file.Rows),
            row =>
            {
                if (row.Ranking == PublishedResults.FullRanking)
                    Assert.InRange(row.Value, 0, 1);
                Assert.InRange(row.Rounding, 0, 0.5);
                Assert.Matches(@"^[+-]?\d*\.?\d+$", row.Printed);
            }
        );

    [Fact]
    public void TheWeakBaselineOfThePapersIsBelowTheSoftmaxOne()
    {
        var beauty = PublishedResults
            .For("sasrec", "amazon14-beauty")
            .Where(row => row.Metric == "Recall@10")
            .ToArray();
        var copied = beauty.Single(row => row.Source.StartsWith("S3-Rec", StringComparison.Ordinal));
        var softmax = beauty.Single(row => row.Variant == "CE, filter");
        Assert.Equal((".0605", 0.0605), (copied.Printed, copied.Value));
        Assert.Equal((PublishedBy.Reproduction, "bce"), (copied.By, Assert.Single(copied.Ours)));
        Assert.Equal(0.00005, copied.Rounding, 1e-12);
        Assert.True(softmax.Value > 1.4 * copied.Value);
    }

    [Fact]
    public void TheTwoProtocolsAreNeverMixed()
    {
        Assert.All(PublishedResults.For("sasrec", "ml-1m"), row => Assert.Equal("full", row.Ranking));
        var sampled = PublishedResults.For("sasrec", "ml-1m", PublishedResults.SampledRanking);
        Assert.Contains(sampled, row => row.Printed == ".8245" && !row.Unconfirmed);
        Assert.True(sampled.Min(row => row.Value) > PublishedResults.For("sasrec", "ml-1m").Max(row => row.Value));
    }

    [Fact]
    public void ValuesQuotedFromMemoryAreMarked()
    {
        var all = PublishedResults.Load("sasrec");
        Assert.Equal(5, all.Count(row => row.Unconfirmed));
        var table = Tables.Metrics(all.Where(row => row.Dataset == "sasrec-steam").AsMetricRows()).ToText();
        Assert.Contains("unconfirmed", table);
    }

    [Fact]
    public void PercentsBecomeFractionsAndADashIsNoNumber()
    {
        var rows = Parse(File.Replace("full", "full\n    unit: percent").Replace(".0605/.0318", "17.71/-"));
        var row = Assert.Single(rows);
        Assert.Equal(("17.71", 0.1771), (row.Printed, Math.Round(row.Value, 12)));
        Assert.Equal(0.00005, row.Rounding, 1e-12);
    }

    [Theory]
    [InlineData(".0605", "6.05", 11, "'6.05' is not a number from 0 to 1")]
    [InlineData(".0605/.0318", ".0605", 11, "1 numbers for 2 metrics (Recall@10, NDCG@10)")]
    [InlineData("full", "some", 6, "ranking 'some'")]
    [InlineData("source: x", "source: ''", 3, "'source' must be a text")]
    [InlineData("source: x", "sources: x", 3, "there is no field 'sources'")]
    [InlineData("  - source: x\n    by: paper", "  - by: paper", 3, "'source' is missing")]
    [InlineData("by: paper", "by: hearsay", 4, "by 'hearsay' is none of paper, reproduction")]
    [InlineData("NDCG@10]", "NGCD@10]", 7, "'NGCD@10' is no metric")]
    [InlineData("      - system: S\n", "      - system: S\n        system: T\n", 10, "uplicate")]
    [InlineData("system: S\nresults", "- results", 1, "")]
    public void AWrongFileIsNamedByFileLineAndReason(string right, string wrong, int line, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => Parse(File.Replace(right, wrong)));
        Assert.StartsWith($"p.yaml:{line}: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void ABracketThatIsNotClosedIsAnErrorWithItsPlace() =>
        Assert.Matches(
            "^p.yaml:[78]: ",
            Assert.Throws<InvalidDataException>(() => Parse(File.Replace("NDCG@10]", "NDCG@10"))).Message
        );

    [Fact]
    public void ARepeatedNumberIsAnError() =>
        Assert.StartsWith(
            "p.yaml:14: the same number",
            Assert
                .Throws<InvalidDataException>(() =>
                    Parse(File + "\n      - system: S\n        values:\n          d: .0606/-")
                )
                .Message
        );

    [Fact]
    public void AnUnknownPaperNamesTheKnownOnes() =>
        Assert.Contains(
            "published/sasrec.yaml",
            Assert.Throws<ArgumentException>(() => PublishedResults.Load("nobody")).Message
        );

    private static IReadOnlyList<PublishedResult> Parse(string yaml) => PublishedFile.Parse(yaml, "p.yaml").Rows;
}
