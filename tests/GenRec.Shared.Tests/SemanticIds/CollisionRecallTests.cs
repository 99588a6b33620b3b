using GenRec.Shared.Data;
using GenRec.Shared.Models.Baselines;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;

namespace GenRec.Shared.Tests.SemanticIds;

public class CollisionRecallTests
{
    // Items 1 and 2 share a tuple, 3 and 4 are alone; popularity ranks the tuples {1, 2}, {3}, {4}.
    private static readonly SemanticIdTable Ids = new([3], [0, 0, 1, 2]);

    private static Split SplitWithTargets(params int[] targets)
    {
        var train = new Interactions(4, [0, 4, 7], [1, 2, 1, 3, 2, 3, 4]);
        var histories = Histories.From(targets.Select(_ => (int[])[1]));
        var cases = new NextItemCases(new int[targets.Length], histories, targets, 4);
        return new Split("hand made", train, cases, cases);
    }

    private static CollisionRecall Recall(int k, params int[] targets) =>
        CollisionRecall.Of(Ids, SplitWithTargets(targets), train => new PopularityScorer(train), k);

    [Fact]
    public void AMemberOfAPairIsWorthHalfATuple()
    {
        var recall = Recall(1, 1);
        Assert.Equal((1, 0.5, 0.5), (recall.ByTuple, recall.ByMember, recall.ByList));
        Assert.Equal(1, recall.Inflation); // a doubling
    }

    [Fact]
    public void AListOfItemsIsFullBeforeAListOfTuplesIs()
    {
        // Of two places the pair takes both: item 3, second among the tuples, is third among the items.
        var recall = Recall(2, 3);
        Assert.Equal((1, 1, 0), (recall.ByTuple, recall.ByMember, recall.ByList));
        Assert.Equal(1, Recall(3, 3).ByList);
    }

    [Fact]
    public void WithoutCollisionsTheThreeAreEqual()
    {
        var unique = new SemanticIdTable([4], [0, 1, 2, 3]);
        var recall = CollisionRecall.Of(unique, SplitWithTargets(1, 2, 3, 4), train => new PopularityScorer(train), 2);
        Assert.Equal(0.5, recall.ByTuple);
        Assert.Equal((recall.ByTuple, recall.ByTuple), (recall.ByMember, recall.ByList));
        Assert.Equal(0, recall.Inflation);
    }

    [Fact]
    public void IdsOfAnotherCatalogueAreRefused() =>
        Assert.Throws<ArgumentException>(() =>
            CollisionRecall.Of(new([2], [0, 1]), SplitWithTargets(1), train => new PopularityScorer(train))
        );

    [Fact]
    public void ContentIdsLeaveTheNumberOut()
    {
        var numbered = new SemanticIdTable([2, 2], [0, 0, 0, 1, 1, 0], isNumbered: true);
        var content = numbered.ContentIds();
        Assert.Equal([0, 0, 1], content.Codes.ToArray());
        Assert.Equal((1, false, 2), (content.Levels, content.IsNumbered, content.TupleCount));
        Assert.Same(content, content.ContentIds());
    }
}
