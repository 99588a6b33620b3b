using System.ComponentModel;
using System.Diagnostics;
using GenRec.Notebooks.Figures;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;
using GenRec.Notebooks.Tests.Kernel;
using GenRec.Shared.Data;

namespace GenRec.Notebooks.Tests.Clients;

/// <summary>Debian's Jupyter with our kernel installed, all in a folder of its own: nothing of the user's is read or
/// changed.</summary>
public sealed class JupyterHome : IAsyncLifetime
{
    private const string Variable = "GENREC_PYTHON";
    private const string Modules = "nbclient, jupyter_client, jupyter_kernel_test, notebook, nbconvert";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6); // CI machines are slow; none waits that long
    private static readonly Lazy<string?> Found = new(FindPython);

    private TemporaryFolder? folder;

    /// <summary>The folder that notebooks and servers of these tests use.</summary>
    public string Folder => (folder ?? throw new InvalidOperationException("Jupyter was not set up.")).Path;

    public static bool IsInstalled => Found.Value is not null;

    /// <summary>The Python that has Jupyter's packages.</summary>
    public static string Python => Found.Value ?? throw new InvalidOperationException("No Python has Jupyter.");

    public static void SkipUnlessInstalled() =>
        Assert.SkipUnless(
            IsInstalled,
            $"no python3 has {Modules} ({Variable} names one); Debian's packages: python3-nbclient "
                + "python3-jupyter-client python3-jupyter-kernel-test jupyter-notebook jupyter-nbconvert"
        );

    /// <summary>Skips unless there is a browser too.</summary>
    /// <returns>The browser's program.</returns>
    public static string SkipUnlessBrowser()
    {
        SkipUnlessInstalled();
        var browser = Chromium.Find();
        Assert.SkipUnless(browser is not null, "no Chromium, Chrome or Edge was found; GENREC_CHROMIUM names one");
        return browser!;
    }

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
            return;
        folder = new TemporaryFolder();
        var (code, said) = await RunAsync(Start("dotnet", ProcessKernel.Program, "kernel", "install"));
        Assert.True(code == 0, said);
    }

    public ValueTask DisposeAsync()
    {
        folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Puts a notebook of the repository into the folder, without outputs.</summary>
    /// <param name="path">Below <c>notebooks/</c>.</param>
    /// <param name="name">The copy's name.</param>
    /// <param name="scale">The value of its parameter of that name; null leaves the notebook's own.</param>
    /// <param name="change">Changes the copy.</param>
    /// <returns>The copy's path.</returns>
    public string Copy(string path, string name, string? scale = null, Action<Notebook>? change = null)
    {
        var notebook = Notebook.Read(Path.Combine(DataFolders.Repository!, "notebooks", path));
        foreach (var cell in notebook.Cells.Where(cell => cell.Kind == CellKind.Code))
        {
            cell.ReplaceOutputs([]);
            cell.ExecutionCount = null;
        }
        if (scale is not null)
            Parameters.Inject(notebook, new Dictionary<string, string> { ["scale"] = scale });
        change?.Invoke(notebook);
        var copy = Path.Combine(Folder, name);
        notebook.Write(copy);
        return copy;
    }

    /// <summary>A program that sees this Jupyter only.</summary>
    public ProcessStartInfo Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var purpose in new[] { "DATA", "CONFIG", "RUNTIME" })
            start.Environment[$"JUPYTER_{purpose}_DIR"] = Path.Combine(Folder, $"jupyter-{purpose.ToLowerInvariant()}");
        start.Environment["IPYTHONDIR"] = Path.Combine(Folder, "ipython");
        start.Environment["PYTHONWARNINGS"] = "ignore";
        start.Environment.Remove("JUPYTER_PATH");
        start.Environment.Remove("JPY_PARENT_PID");
        return start;
    }

    /// <summary>Runs one of our Python files, which lie beside the tests.</summary>
    /// <returns>Its exit code, and all it said.</returns>
    public Task<(int Code, string Said)> RunPythonAsync(string file, params IEnumerable<string> arguments) =>
        RunAsync(Start(Python, [Path.Combine(AppContext.BaseDirectory, "Clients", file), .. arguments]));

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Said)> RunAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, $"{await output}\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    // Debian's packages belong to Debian's Python, which need not be the first on the PATH.
    private static string? FindPython()
    {
        string?[] programs = [Environment.GetEnvironmentVariable(Variable), "python3", "/usr/bin/python3"];
        return programs.FirstOrDefault(program =>
        {
            if (string.IsNullOrEmpty(program))
                return false;
            try
            {
                var start = new ProcessStartInfo(program, ["-c", $"import {Modules}"]) { RedirectStandardError = true };
                using var process = Process.Start(start)!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        });
    }
}

/// <summary>Tests with real clients, one after another: each starts a kernel.</summary>
[CollectionDefinition(Name)]
public sealed class JupyterClients : ICollectionFixture<JupyterHome>
{
    public const string Name = "Jupyter clients";
}
