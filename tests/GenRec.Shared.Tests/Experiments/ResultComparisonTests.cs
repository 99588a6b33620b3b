using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Presets;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Experiments;

public class ResultComparisonTests
{
    [Fact]
    public void TwoProtocolsNeverShareATable()
    {
        var records = SasRecPreset
            .All[0]
            .Protocols.Select(protocol => Record(protocol.Suffix, protocol.Protocol))
            .ToArray();
        var tables = ResultComparison.Of(records, PublishedResults.Load("sasrec"), "ml-1m");
        foreach (var record in records)
            Assert.Single(tables, table => table.ToText().Contains(record.Metrics["Recall@10"].Mean.ToString("F4")));
        Assert.All(
            tables,
            table =>
                Assert.True(
                    records.Count(r => table.ToText().Contains(r.Metrics["Recall@10"].Mean.ToString("F4"))) <= 1
                )
        );
    }

    [Fact]
    public void ADatasetWithoutRecordsSaysSo()
    {
        var tables = ResultComparison.Of([], PublishedResults.Load("sasrec"), "ml-1m");
        Assert.NotEmpty(tables);
        var stated = tables.Where(table => !table.ToText().Contains("not mentioned")); // that one never has a row of ours
        Assert.All(stated, table => Assert.Contains("No run of ours", table.ToText()));
    }

    private static ResultRecord Record(string suffix, EvaluationProtocol protocol) =>
        new ResultRecord
        {
            System = "sasrec",
            Variant = "ce" + suffix,
            Dataset = "ml-1m",
            Split = "leave-one-out",
            Protocol = RecordedProtocol.Of(protocol),
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [],
            Steps = 0,
            Seconds = 0,
            Parameters = 1,
            Machine = "test",
            Commit = "test",
            Command = "test",
        }.WithSeeds([
            new SeedResult(1, new Dictionary<string, double> { ["Recall@10"] = 0.7771 + suffix.Length / 1000.0 }, 1, 1),
        ]);
}
