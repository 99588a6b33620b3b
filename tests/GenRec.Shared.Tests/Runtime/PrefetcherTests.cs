using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Runtime;

public sealed class PrefetcherTests
{
    [Fact]
    public void ValuesComeInOrderAndAfterJumps()
    {
        using var squares = new Prefetcher<long>(n => n * n);
        foreach (var index in new long[] { 0, 1, 2, 3, 10, 11, 4, 5, 5, 6 })
            Assert.Equal(index * index, squares.Get(index));
    }

    [Fact]
    public void TheNextValueIsMadeWhileTheLastIsUsed()
    {
        using var made = new SemaphoreSlim(0);
        using var values = new Prefetcher<long>(n =>
        {
            made.Release();
            return n;
        });
        values.Get(0);
        for (var i = 0; i < 3; i++) // the one asked for, and two ahead
            Assert.True(made.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void NothingIsMadeBeyondTheEnd()
    {
        var highest = 0L;
        using (var values = new Prefetcher<long>(n => Interlocked.Exchange(ref highest, n), end: 3))
        {
            for (var i = 0; i < 3; i++)
                values.Get(i);
            Assert.Throws<ArgumentOutOfRangeException>(() => values.Get(3));
        }
        Assert.Equal(2, highest);
    }

    [Fact]
    public void AnErrorSurfacesAtItsIndexWithItsOwnStack()
    {
        using var values = new Prefetcher<long>(n => n == 2 ? FailOnPurpose() : n);
        Assert.Equal(0, values.Get(0));
        Assert.Equal(1, values.Get(1));
        var error = Assert.Throws<InvalidOperationException>(() => values.Get(2));
        Assert.Contains(nameof(FailOnPurpose), error.StackTrace);
        Assert.Equal(3, values.Get(3));
    }

    [Fact]
    public void DisposingStopsTheThread()
    {
        Thread? worker = null;
        var values = new Prefetcher<long>(n =>
        {
            worker = Thread.CurrentThread;
            return n;
        });
        values.Get(0);
        values.Dispose();
        Assert.False(worker!.IsAlive);
        Assert.Throws<ObjectDisposedException>(() => values.Get(1));
    }

    private static long FailOnPurpose() => throw new InvalidOperationException("broken batch");
}
