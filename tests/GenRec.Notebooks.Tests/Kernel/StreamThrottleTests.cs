using System.Globalization;
using GenRec.Notebooks.Kernel;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Tests.Kernel;

public sealed class StreamThrottleTests
{
    private readonly ManualTime clock = new();
    private readonly List<(ConsoleStream Stream, string Text)> sent = [];
    private readonly StreamThrottle throttle;

    public StreamThrottleTests() => throttle = new StreamThrottle(clock, (stream, text) => sent.Add((stream, text)));

    private string Text =>
        string.Concat(sent.Where(part => part.Stream == ConsoleStream.Out).Select(part => part.Text));

    [Fact]
    public void NeighbouringTextGoesOutTogetherAndStreamsKeepTheirOrder()
    {
        throttle.Add(ConsoleStream.Out, "a\n");
        throttle.Add(ConsoleStream.Out, "b\n");
        throttle.Add(ConsoleStream.Error, "c\n");
        throttle.Add(ConsoleStream.Out, "d\n");
        throttle.Flush();
        Assert.Equal([(ConsoleStream.Out, "a\nb\n"), (ConsoleStream.Error, "c\n"), (ConsoleStream.Out, "d\n")], sent);
    }

    [Fact]
    public void OrdinaryOutputIsNeverCut()
    {
        var expected = "";
        for (var second = 0; second < 60; second++)
        {
            var lines = string.Concat(
                Enumerable.Range(0, 100).Select(i => $"step {second}-{i}: loss 1.234, 1,000 samples/s\n")
            );
            throttle.Add(ConsoleStream.Out, lines);
            expected += lines;
            throttle.Flush();
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(expected, Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50_000)]
    public void BeginningAndEndOfAFloodAreKeptAndTheMiddleIsCounted(int flushEvery)
    {
        const int Lines = 300_000;
        for (var i = 0; i < Lines; i++)
        {
            throttle.Add(ConsoleStream.Out, i.ToString(CultureInfo.InvariantCulture) + "\n");
            if (i % flushEvery == 0)
                throttle.Flush();
        }
        throttle.FlushAll();
        Assert.StartsWith("0\n1\n2\n", Text, StringComparison.Ordinal);
        Assert.EndsWith("299998\n299999\n", Text, StringComparison.Ordinal);
        Assert.InRange(Text.Length, StreamThrottle.MostWaiting, StreamThrottle.Burst + 2 * StreamThrottle.MostWaiting);
        // Every line is shown whole, or counted as left out.
        var shown = Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(shown, line => Assert.InRange(int.Parse(line, CultureInfo.InvariantCulture), 0, Lines - 1));
        Assert.Equal(shown.Order().Distinct().Count(), shown.Length);
        var leftOut = sent.Where(part => part.Stream == ConsoleStream.Error)
            .Sum(part => int.Parse(part.Text.Split(' ')[1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
        Assert.Equal(Lines, shown.Length + leftOut);
    }

    [Fact]
    public void ManySmallPiecesOnAlternatingStreamsDoNotBecomeManyMessages()
    {
        for (var i = 0; i < 100_000; i++)
            throttle.Add((ConsoleStream)(i % 2), "x\n");
        throttle.FlushAll();
        Assert.InRange(sent.Count, 2, 2000);
    }

    [Fact]
    public void TextThatWaitsGoesOutWhenTimeHasPassed()
    {
        throttle.Add(ConsoleStream.Out, new string('x', StreamThrottle.Burst) + "\n");
        throttle.Flush();
        throttle.Add(ConsoleStream.Out, "later\n");
        for (var second = 0; second < 10; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            throttle.Flush();
        }
        Assert.False(throttle.HasWaiting);
        Assert.EndsWith("later\n", Text, StringComparison.Ordinal);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }
}
