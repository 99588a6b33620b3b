using System.Diagnostics;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Tests.Sessions;

public sealed class StoppingTests
{
    private static readonly CellLimits Brief = new() { Time = TimeSpan.FromMilliseconds(300) };
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task ACellThatAsksItsTokenStopsInTime()
    {
        using var session = new TestSession();
        var (result, sink) = await session.RunAsync(
            "while (!Cancellation.IsCancellationRequested) Thread.Sleep(5); Console.WriteLine(\"saved\");",
            Brief
        );
        Assert.Equal(CellOutcome.TimeLimit, result.Outcome);
        Assert.Equal("TimeLimit", Assert.Single(sink.Errors).Name);
        Assert.Contains("saved", sink.Out, StringComparison.Ordinal);
        Assert.Equal("2", await session.ValueAsync("1 + 1"));
    }

    [Theory]
    [InlineData("var n = 0L; while (true) n++;")]
    [InlineData("Thread.Sleep(Timeout.Infinite);")]
    [InlineData("while (true) { try { Thread.Sleep(1); } catch { } }")]
    public async Task ACellThatDoesNotListenIsAborted(string code)
    {
        using var session = new TestSession(grace: Short);
        await session.ValueAsync("var kept = 4;");
        var (result, _) = await session.RunAsync(code, Brief);
        Assert.Equal(CellOutcome.TimeLimit, result.Outcome);
        Assert.False(result.StillRunning);
        Assert.Equal("4", await session.ValueAsync("kept"));
    }

    [Fact]
    public async Task ACellThatCannotBeStoppedIsReportedAndEndsTheSession()
    {
        using var session = new TestSession(grace: Short);
        await session.ValueAsync("var warm = 1;");
        var (result, sink) = await session.RunAsync("await new TaskCompletionSource().Task;", Brief);
        Assert.True(result.StillRunning);
        Assert.Contains("still runs", Assert.Single(sink.Errors).Message, StringComparison.Ordinal);
        Assert.True(session.Session.IsBroken);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.RunAsync("1"));
    }

    [Fact]
    public async Task AnInterruptStopsTheCellAndNotTheSession()
    {
        using var session = new TestSession(grace: Short);
        await session.ValueAsync("var steps = 0;");
        using var cancel = new CancellationTokenSource();
        var running = session.RunAsync(
            "while (true) { Cancellation.ThrowIfCancellationRequested(); steps++; Thread.Sleep(1); "
                + $"AppDomain.CurrentDomain.SetData(\"{nameof(AnInterruptStopsTheCellAndNotTheSession)}\", steps); }}",
            cancel: cancel.Token
        );
        while (!HasStepped() && !running.IsCompleted) // an interrupt before the first step would stop no loop
            await Task.Delay(1);
        await cancel.CancelAsync();
        var (result, sink) = await running;
        Assert.Equal(CellOutcome.Interrupted, result.Outcome);
        Assert.Equal("Interrupted", Assert.Single(sink.Errors).Name);
        Assert.Equal("True", await session.ValueAsync("steps > 0"));

        static bool HasStepped() =>
            AppDomain.CurrentDomain.GetData(nameof(AnInterruptStopsTheCellAndNotTheSession)) is not null;
    }

    [Fact]
    public async Task ACellThatTakesTooMuchMemoryIsStopped()
    {
        using var session = new TestSession(grace: Short);
        var clock = Stopwatch.StartNew();
        var (result, _) = await session.RunAsync(
            "var blocks = new List<byte[]>(); while (true) { var b = new byte[1 << 20]; Array.Fill(b, (byte)1); blocks.Add(b); Thread.Sleep(2); }",
            new CellLimits { CellBytes = 64 << 20, Time = TimeSpan.FromSeconds(60) }
        );
        Assert.Equal(CellOutcome.MemoryLimit, result.Outcome);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(50));
        Assert.Equal("2", await session.ValueAsync("1 + 1"));
    }
}
