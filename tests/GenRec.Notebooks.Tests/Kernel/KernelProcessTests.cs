using System.Diagnostics;

namespace GenRec.Notebooks.Tests.Kernel;

public sealed class KernelProcessTests
{
    [Fact]
    public void AKernelStartsRunsACellAndEndsWhenToldTo()
    {
        var clock = Stopwatch.StartNew();
        using var kernel = new ProcessKernel();
        kernel.Client.WaitUntilReady();
        var ready = clock.Elapsed;
        var cell = kernel.Client.Execute("1 + 1");
        TestContext.Current.SendDiagnosticMessage($"ready {ready}, first cell {clock.Elapsed}");
        Console.WriteLine($"ready {ready}, first cell {clock.Elapsed}");
        Assert.Equal("2", cell.ResultText);
        var bye = kernel.Client.Ask("shutdown_request", new() { ["restart"] = false }, kernel.Client.Control);
        Assert.Equal("ok", bye.Status);
        Assert.True(kernel.Process.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, kernel.Process.ExitCode);
    }
}
