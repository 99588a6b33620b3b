using GenRec.Shared.Data;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Experiments;

public class ReproductionStatesTests
{
    [Fact]
    public void WhatWasRunIsMarkedOnTheTimelineByWhatCameOfIt()
    {
        var results = Path.Combine(DataFolders.Repository!, "data", "results");
        var states = ReproductionStates.Recorded(results);
        var judged = Reproduction.Of(ResultRecords.Load(results), PublishedResults.LoadAll());
        Assert.Contains("SASRec", states.Keys);
        Assert.Equal(judged.Count(one => one.Status != ReproductionStatus.NotRun), states.Count);
        var list = ReadingList.Load();
        Assert.All(
            list.TimelineEvents(states: states),
            point =>
                Assert.Equal(
                    states.GetValueOrDefault(point.Label) ?? list.Find(point.Label).State.ToString().ToLowerInvariant(),
                    point.State
                )
        );
    }

    [Fact]
    public void WithoutRecordsNothingIsMarked() =>
        Assert.Empty(ReproductionStates.Recorded(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"))));
}
