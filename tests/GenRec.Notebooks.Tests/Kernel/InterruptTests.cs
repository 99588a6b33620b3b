using System.Diagnostics;
using GenRec.Notebooks.Cells;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>Stopping what a cell does.</summary>
public sealed class InterruptTests
{
    private const string Training = """
        var split = Splits.LeaveOneOut(World.Create(WorldPreset.Smoke).Dataset.Interactions);
        var task = new SasRecTask("smoke", split, new SasRecOptions { Hidden = 16, MaxLength = 10, Source = "test" }, seed: 1);
        var forEver = new TrainingOptions { Epochs = 100_000, Folder = "run" };
        sealed class FirstLoss : IProgress<TrainingEvent>
        {
            private bool said;

            public void Report(TrainingEvent one)
            {
                if (one is LossReported && !said)
                    Console.WriteLine("training");
                said |= one is LossReported;
            }
        }
        """;

    [Theory]
    [InlineData("Trainer.Fit(task, forEver, new FirstLoss());")]
    [InlineData("await Trainer.FitAsync(task, forEver, new FirstLoss());")]
    public void ATrainingThatWasGivenNoTokenStopsAndSavesItsWork(string call)
    {
        using var kernel = new TestKernel(grace: TimeSpan.FromMinutes(5)); // it must stop of its own accord
        var id = kernel.Client.SendCell($"{Training}\n{call}");
        kernel.Client.WaitFor(message => message.Type == "stream" && message.ParentId == id);
        var asked = kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control);
        Assert.Equal("ok", asked.Status);
        var cell = kernel.Client.Finish(id);
        Assert.Equal(("error", "Interrupted"), (cell.Status, cell.Reply.Text("ename")));
        Assert.Contains(
            "Training was stopped after step",
            cell.Reply.Content["traceback"]!.ToJsonString(),
            StringComparison.Ordinal
        );
        Assert.Contains("go on from", cell.Reply.Content["traceback"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public void ASecondInterruptDoesNotWaitForAPoliteEnd()
    {
        using var kernel = new TestKernel(grace: TimeSpan.FromMinutes(10));
        var id = kernel.Client.SendCell("var kept = 4; Console.WriteLine(\"on\"); while (true) { }");
        kernel.Client.WaitFor(message => message.Type == "stream" && message.ParentId == id);
        var clock = Stopwatch.StartNew();
        kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control);
        Thread.Sleep(300);
        kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control);
        Assert.Equal("Interrupted", kernel.Client.Finish(id).Reply.Text("ename"));
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1));
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public void AnInterruptWithoutACellIsAnswered()
    {
        using var kernel = new TestKernel();
        Assert.Equal("ok", kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control).Status);
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public void AQuestionToTheUserCanBeInterrupted()
    {
        using var kernel = new TestKernel(grace: TimeSpan.FromMinutes(10));
        var id = kernel.Client.SendCell("Console.ReadLine()");
        var question = kernel.Client.Receive(kernel.Client.Stdin);
        kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control);
        Assert.Equal("Interrupted", kernel.Client.Finish(id).Reply.Text("ename"));
        kernel.Client.Send(kernel.Client.Stdin, "input_reply", new() { ["value"] = "late" }, question);
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public void AStuckCellIsReportedAndARestartIsOffered()
    {
        using var kernel = new TestKernel(grace: TimeSpan.FromMilliseconds(200));
        var id = kernel.Client.SendCell("Console.WriteLine(\"on\"); await new TaskCompletionSource().Task;");
        kernel.Client.WaitFor(message => message.Type == "stream" && message.ParentId == id);
        kernel.Client.Ask("interrupt_request", channel: kernel.Client.Control);
        var cell = kernel.Client.Finish(id);
        Assert.Contains("still runs", cell.Reply.Text("evalue"), StringComparison.Ordinal);
        Assert.Contains("restart", cell.Stream("stderr"), StringComparison.Ordinal);
        var next = kernel.Client.Execute("1 + 1");
        Assert.Equal("error", next.Status);
        Assert.Contains("restart", next.Reply.Text("evalue"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("ok", kernel.Client.Ask("kernel_info_request").Status);
    }

    [Fact]
    public void OutsideCellsNothingIsEverCancelled() => Assert.False(CellFunctions.Cancellation.CanBeCanceled);
}
