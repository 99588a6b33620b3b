using GenRec.Shared.Display;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Experiments.Records;

/// <summary>Tables of <see cref="Reproduction"/>.</summary>
public static class ReproductionTables
{
    /// <summary>The status in words.</summary>
    public static string Words(this ReproductionStatus status) =>
        status switch
        {
            ReproductionStatus.Reproduced => "reproduced",
            ReproductionStatus.Close => "close",
            ReproductionStatus.NotReproduced => "not reproduced",
            _ => "not run",
        };

    /// <summary>One line a system: its status, by whose claims, and how many of them were run.</summary>
    public static Table Of(IReadOnlyList<SystemStatus> systems)
    {
        ArgumentNullException.ThrowIfNull(systems);
        return Table
            .Of(
                systems,
                ("system", system => system.System),
                ("status", system => system.Claims.Count == 0 ? "no claim of a ranking" : system.Status.Words()),
                ("judged by", system => By(system)),
                ("claims", system => system.Claims.Count),
                ("run", system => Count(system, claim => claim.Record is not null)),
                ("reproduced", system => Count(system, claim => claim.Status == ReproductionStatus.Reproduced)),
                ("close", system => Count(system, claim => claim.Status == ReproductionStatus.Close)),
                ("not reproduced", system => Count(system, claim => claim.Status == ReproductionStatus.NotReproduced))
            )
            .Top(Math.Max(1, systems.Count))
            .Titled("Reproduction status", Reproduction.Rule);
    }

    /// <summary>One line a claim that was run: the metric that decides, published and ours.</summary>
    public static Table Claims(IEnumerable<ClaimVerdict> claims)
    {
        ClaimVerdict[] run = [.. claims.Where(claim => claim.Record is not null)];
        return Table
            .Of(
                run,
                ("claim", claim => claim.Claim.Name),
                ("data set", claim => claim.Claim.Dataset),
                ("source", claim => claim.Claim.Source),
                ("our record", claim => $"{claim.Record!.Variant}, {Seeds(claim.Record)}"),
                ("protocol", claim => claim.Record!.Protocol.Words),
                ("metric", claim => claim.Decisive!.Metric),
                (new("published", "F4"), claim => claim.Decisive!.Published),
                ("ours", claim => Ours(claim.Decisive!)),
                (new("gap", "P1"), claim => claim.Decisive!.Gap),
                ("status", claim => claim.Status.Words())
            )
            .Top(Math.Max(1, run.Length))
            .Titled(
                "Claims that were run",
                "The metric that decides: of each claim the weakest. The gap is ours above the published value."
            );
    }

    private static string Seeds(ResultRecord record) =>
        record.Seeds.Count == 1 ? "one seed" : $"{record.Seeds.Count} seeds";

    private static string Ours(MetricVerdict verdict) =>
        verdict.HalfWidth is { } width ? $"{verdict.Ours:F4} ± {width:F4}" : $"{verdict.Ours:F4}";

    private static string By(SystemStatus system) =>
        system.By switch
        {
            PublishedBy.Paper => "its paper",
            PublishedBy.Reproduction => "other runs of it",
            _ => "",
        };

    private static int Count(SystemStatus system, Func<ClaimVerdict, bool> holds) => system.Claims.Count(holds);
}
