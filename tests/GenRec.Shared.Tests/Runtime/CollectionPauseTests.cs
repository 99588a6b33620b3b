using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Runtime;

[Collection(Alone)] // the pause is the process's, and trainings and evaluations take it too
public class CollectionPauseTests
{
    private const string Alone = "the garbage collector";

    [Fact]
    public void NothingIsCollectedBetweenTwoSteps()
    {
        using var pause = new CollectionPause();
        var before = GC.CollectionCount(0);
        for (var i = 0; i < 1000; i++)
            GC.KeepAlive(new byte[32 << 10]); // 32 MB, many times what a collector waits for
        Assert.Equal(before, GC.CollectionCount(0));
    }

    [Fact]
    public void LittersOfManyStepsAreCollected()
    {
        using var pause = new CollectionPause();
        var before = GC.CollectionCount(0);
        for (var step = 0; step < 10_000; step++)
        {
            GC.KeepAlive(new byte[32 << 10]);
            CollectionPause.Collect();
        }
        Assert.InRange(GC.CollectionCount(0) - before, 1, 100);
    }

    [Fact]
    public void AnotherThreadCannotEndThePause()
    {
        using var pause = new CollectionPause();
        GC.KeepAlive(new byte[80 << 20]); // more than a third of the budget
        var before = GC.CollectionCount(0);
        var other = new Thread(() =>
        {
            using var second = new CollectionPause();
            CollectionPause.Collect();
        });
        other.Start();
        other.Join();
        Assert.Equal(before, GC.CollectionCount(0));
        CollectionPause.Collect();
        Assert.NotEqual(before, GC.CollectionCount(0));
    }

    [Fact]
    public void APauseWithinAPauseSharesItAndLeavesItOpen()
    {
        using var first = new CollectionPause();
        new CollectionPause().Dispose();
        var before = GC.CollectionCount(0);
        for (var i = 0; i < 1000; i++)
            GC.KeepAlive(new byte[32 << 10]);
        Assert.Equal(before, GC.CollectionCount(0));
    }

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class RunAlone;
}
