using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>The kernel as front ends start it, in a process of its own.</summary>
public sealed class KernelProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AShutdownEndsTheProcessWhateverItsCellDoes(bool whileACellRuns)
    {
        using var kernel = new ProcessKernel();
        kernel.Client.WaitUntilReady();
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText);
        if (whileACellRuns)
            kernel.Client.SendCell("while (true) { }");
        var bye = kernel.Client.Ask("shutdown_request", new JsonObject { ["restart"] = true }, kernel.Client.Control);
        Assert.Equal("ok", bye.Status);
        Assert.True(bye.Reply.Content["restart"]!.GetValue<bool>());
        Assert.Contains(bye.Published, message => message.Type == "shutdown_reply");
        Assert.True(kernel.Process.WaitForExit(Patience), kernel.Errors);
        Assert.Equal(0, kernel.Process.ExitCode);
    }

    // What the Jupyter extension of VS Code sends: see its kernel start, execution and interrupt.
    [Fact]
    public void AFrontEndLikeVsCodeIsServedFromStartToRestart()
    {
        using var kernel = new ProcessKernel();
        var client = kernel.Client;
        var clock = Stopwatch.StartNew();
        ClientMessage? info = null;
        var published = false;
        while (info is null || !published)
        {
            Assert.True(clock.Elapsed < Patience, kernel.Errors);
            client.Send(client.Shell, "kernel_info_request", []);
            client.Send(client.Control, "kernel_info_request", []);
            Thread.Sleep(500);
            info ??= client.TryReceive(client.Shell, TimeSpan.Zero) ?? client.TryReceive(client.Control, TimeSpan.Zero);
            published |= client.TryReceive(client.Iopub, TimeSpan.Zero) is not null;
        }
        Assert.Equal("kernel_info_reply", info.Type);

        var target = new JsonObject { ["target_name"] = "jupyter.widget" };
        Assert.Empty(client.Ask("comm_info_request", target).Reply.Content["comms"]!.AsObject());
        var quiet = client.Execute("var hidden = 1;", c => (c["stop_on_error"], c["store_history"]) = (false, false));
        Assert.Equal("ok", quiet.Status);

        var failing = client.SendCell("throw new Exception(\"no\");", c => c["stop_on_error"] = false);
        var next = client.SendCell("hidden + 1", c => c["stop_on_error"] = false);
        Assert.Equal("error", client.Finish(failing).Status);
        Assert.Equal("ok", client.Receive(client.Shell).Text("status")); // the next one's: it was not aborted
        client.WaitFor(message => message.ParentId == next && KernelClient.IsState(message, "idle"));

        var loop = client.SendCell("while (!Cancellation.IsCancellationRequested) Thread.Sleep(5);");
        client.WaitFor(message => message.ParentId == loop && message.Type == "execute_input");
        Assert.Equal("ok", client.Ask("interrupt_request", channel: client.Control).Status);
        Assert.Equal("Interrupted", client.Finish(loop).Reply.Text("ename"));

        client.Ask("shutdown_request", new JsonObject { ["restart"] = true }, client.Control);
        Assert.True(kernel.Process.WaitForExit(Patience));
        kernel.StartAgain(); // on the same ports, as a front end restarts
        client.WaitUntilReady();
        Assert.Equal("error", client.Execute("hidden").Status); // a new session knows nothing of the old
        Assert.Equal("2", client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public void TheProcessRunsFromACopySoThatTheProgramCanBeBuiltAnew()
    {
        using var kernel = new ProcessKernel();
        kernel.Client.WaitUntilReady();
        var place = kernel.Client.Execute("typeof(Interactions).Assembly.Location").ResultText;
        Assert.Equal("GenRec.Shared.dll", Path.GetFileName(place));
        Assert.Contains(".kernels", place, StringComparison.Ordinal);
        Assert.Equal("3", kernel.Client.Execute("ones(3).sum().item<float>()").ResultText); // libtorch is found from there
        var library = kernel.Client.Execute("#r \"GenRec.Shared.dll\"\ntypeof(Interactions).Assembly.Location");
        Assert.Equal(place, library.ResultText);
    }

    [Fact]
    public void TheKernelEndsWithItsParent()
    {
        using var parent = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        using var kernel = new ProcessKernel(
            "--in-place",
            "--parent",
            parent.Id.ToString(CultureInfo.InvariantCulture)
        );
        kernel.Client.WaitUntilReady();
        parent.Kill();
        parent.WaitForExit();
        Assert.True(kernel.Process.WaitForExit(Patience), kernel.Errors);
    }

    [Fact]
    public void ASignalInterruptsTheCellAndNotTheKernel()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no signals on Windows");
        using var kernel = new ProcessKernel();
        kernel.Client.WaitUntilReady();
        var id = kernel.Client.SendCell(
            "Console.WriteLine(\"on\"); while (!Cancellation.IsCancellationRequested) Thread.Sleep(5);"
        );
        kernel.Client.WaitFor(message => message.Type == "stream" && message.ParentId == id);
        Process.Start("kill", $"-INT {kernel.Process.Id}").WaitForExit();
        Assert.Equal("Interrupted", kernel.Client.Finish(id).Reply.Text("ename"));
        Process.Start("kill", $"-TERM {kernel.Process.Id}").WaitForExit();
        Assert.True(kernel.Process.WaitForExit(Patience), kernel.Errors);
        Assert.Equal(0, kernel.Process.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{ "transport": "ipc" }""")]
    public void AConnectionFileThatIsNoneIsRefusedWithAReason(string content)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "connection.json");
        File.WriteAllText(file, content);
        var start = new ProcessStartInfo("dotnet", [ProcessKernel.Program, "kernel", "start", file])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("is no connection file", said, StringComparison.Ordinal);
    }
}
