using System.Diagnostics;
using System.Text;
using GenRec.Notebooks.Tests.Kernel;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>Jupyter Notebook, served to this machine only.</summary>
internal sealed class JupyterServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly StringBuilder log = new();
    private readonly HttpClient http;

    private JupyterServer(Process process, Uri address)
    {
        this.process = process;
        (Address, http) = (address, new HttpClient { BaseAddress = address });
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    public static async Task<JupyterServer> StartAsync(JupyterHome home)
    {
        var port = LocalPorts.Next();
        string[] arguments =
        [
            "-m",
            "notebook",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            $"--port={port}",
            "--port-retries=0",
            "--NotebookApp.token=",
            "--NotebookApp.password=",
            $"--notebook-dir={home.Folder}",
        ];
        var start = home.Start(JupyterHome.Python, arguments);
        var server = new JupyterServer(Process.Start(start)!, new Uri($"http://127.0.0.1:{port}/"));
        try
        {
            await server.WaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Asked to end, it ends its kernels.
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            using var response = await http.PostAsync("api/shutdown", null, limit.Token);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { }
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
        http.Dispose();
    }

    private async Task WaitAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var response = await http.GetAsync("api", TestContext.Current.CancellationToken);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) { }
            Assert.False(process.HasExited, Log);
            Assert.True(clock.Elapsed < Patience, $"Jupyter Notebook does not answer.\n{Log}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (log)
            log.AppendLine(line.Data);
    }
}
