using GenRec.Cli.Experiments;

namespace GenRec.Cli.Tests.Experiments;

public class FirstMinuteTests
{
    [Fact]
    public void AfterAMinuteTheRestIsEstimatedOnceFromWhatThisPieceDid()
    {
        var clock = new Clock();
        var minute = new FirstMinute(clock, () => 3L << 30);
        Assert.Null(minute.Observe(0.50)); // a resumed run: half was done before
        clock.Seconds = 59;
        Assert.Null(minute.Observe(0.51));
        clock.Seconds = 72;
        Assert.Equal(
            "after the first minute: 58.8 minutes more for all epochs, less if validation stops improving; 3.0 GiB of memory in use",
            minute.Observe(0.51)
        );
        clock.Seconds = 100;
        Assert.Null(minute.Observe(0.52));
    }

    [Fact]
    public void AShortRestIsNotWorthTelling()
    {
        var clock = new Clock();
        var minute = new FirstMinute(clock, () => 0);
        minute.Observe(0);
        clock.Seconds = 61;
        Assert.Null(minute.Observe(0.9));
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }
}
