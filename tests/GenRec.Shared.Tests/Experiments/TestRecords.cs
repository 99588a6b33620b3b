using GenRec.Shared.Evaluation;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Tests.Experiments;

/// <summary>Small records to compare.</summary>
internal static class TestRecords
{
    public static ResultRecord Of(
        string variant,
        double[] ndcg,
        EvaluationProtocol? protocol = null,
        string dataset = "amazon14-beauty",
        string system = "sasrec",
        long parameters = 1000,
        double seconds = 10
    ) =>
        new ResultRecord
        {
            System = system,
            Variant = variant,
            Dataset = dataset,
            Split = "leave-one-out",
            Protocol = RecordedProtocol.Of(protocol ?? EvaluationProtocol.Full),
            Metrics = new Dictionary<string, SeedMean>(),
            Seeds = [],
            Steps = 0,
            Seconds = 0,
            Parameters = parameters,
            Machine = "test",
            Commit = "test",
            Command = "test",
        }.WithSeeds([
            .. ndcg.Select(
                (value, at) =>
                    new SeedResult(at + 1, new Dictionary<string, double> { ["NDCG@10"] = value }, 1, seconds)
            ),
        ]);
}
