using System.Text;
using GenRec.Shared.Display;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public class PublishedResultsTests
{
    private const string Row =
        """{"system": "S", "variant": "v", "dataset": "d", "split": "leave-one-out", "ranking": "full", "seenFilter": null, "metric": "Recall@10", "printed": ".0605", "source": "x", "unconfirmed": false}""";

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

    [Theory]
    [InlineData(".0605", "6.05", "'6.05' is not a number from 0 to 1")]
    [InlineData("full", "some", "ranking 'some'")]
    [InlineData("\"x\"", "\"\"", "must not be blank")]
    public void AWrongRowIsNamedByFileLineAndReason(string right, string wrong, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => Parse(Row.Replace(right, wrong)));
        Assert.StartsWith("p.json:2: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void ARepeatedRowIsAnError() =>
        Assert.StartsWith("p.json:3: ", Assert.Throws<InvalidDataException>(() => Parse($"{Row},\n{Row}")).Message);

    [Fact]
    public void AnUnknownPaperNamesTheKnownOnes() =>
        Assert.Contains(
            "published/sasrec.json",
            Assert.Throws<ArgumentException>(() => PublishedResults.Load("nobody")).Message
        );

    private static IReadOnlyList<PublishedResult> Parse(string rows) =>
        PublishedResults.Parse(Encoding.UTF8.GetBytes("{\"rows\": [\n" + rows + "\n]}"), "p.json");
}
