using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Runtime;

public class SideBySideTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EachHalfRunsOnceWhicheverThreadTakesIt(int threads)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            var (firsts, seconds) = (0, 0);
            for (var round = 1; round <= 3000; round++)
            {
                // Some halves are over before the other thread is awake, and some are not.
                SideBySide.Run(
                    () =>
                    {
                        if (round % 3 == 0)
                            Thread.SpinWait(500);
                        firsts++;
                    },
                    () => seconds++
                );
                Assert.Equal((round, round), (firsts, seconds));
            }
            Assert.Equal(threads, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void AHalfThatFailsSaysSo()
    {
        var before = get_num_threads();
        set_num_threads(2);
        try
        {
            for (var round = 0; round < 200; round++)
            {
                Assert.Throws<InvalidOperationException>(() =>
                    SideBySide.Run(() => { }, () => throw new InvalidOperationException())
                );
                Assert.Throws<InvalidOperationException>(() =>
                    SideBySide.Run(() => throw new InvalidOperationException(), () => { })
                );
            }
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
