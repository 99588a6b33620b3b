using System.ComponentModel;
using System.Diagnostics;

namespace GenRec.Notebooks.Figures;

/// <summary>A browser without a window, used to draw.</summary>
public static class Chromium
{
    /// <summary>The environment variable that names the browser to use.</summary>
    public const string Variable = "GENREC_CHROMIUM";

    private static readonly string[] Names =
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
        "msedge",
    ];

    private static readonly string[] Flags =
    [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--hide-scrollbars",
    ];

    private const int Attempts = 3;

    // A shell's way to say that a program was ended by a signal: 128 plus the signal's number.
    private const int FirstSignal = 128;

    /// <summary>The browser: the one <see cref="Variable"/> names, else the first one installed; null where there is
    /// none.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return File.Exists(named) ? named : InPath(named);
        return Names.Select(InPath).Concat(InstallFolders()).FirstOrDefault(path => path is not null);
    }

    /// <summary>Opens a page and gives back its document after its scripts have run.</summary>
    /// <param name="browser">The browser's program.</param>
    /// <param name="page">A local HTML file.</param>
    /// <param name="limit">Longest time of one attempt; a browser that crashes is started up to three times.</param>
    /// <param name="cancel">Stops the browser.</param>
    /// <exception cref="IOException">The browser did not start, failed, or took too long.</exception>
    internal static async Task<string> DumpAsync(string browser, string page, TimeSpan limit, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var profile = Directory.CreateTempSubdirectory("genrec-browser-");
            try
            {
                return await RunAsync(DumpStart(browser, page, limit, profile.FullName), limit, cancel)
                    .ConfigureAwait(false);
            }
            catch (CrashException) when (attempt < Attempts)
            {
                // A headless browser now and then crashes as it starts, whatever the page; a new profile starts anew.
            }
            finally
            {
                Remove(profile);
            }
        }
    }

    private static ProcessStartInfo DumpStart(string browser, string page, TimeSpan limit, string profile)
    {
        var start = new ProcessStartInfo(browser) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var flag in Flags)
            start.ArgumentList.Add(flag);
        start.ArgumentList.Add($"--user-data-dir={profile}");
        start.ArgumentList.Add($"--virtual-time-budget={(long)limit.TotalMilliseconds}");
        start.ArgumentList.Add("--dump-dom");
        start.ArgumentList.Add(new Uri(page).AbsoluteUri);
        return start;
    }

    private static async Task<string> RunAsync(ProcessStartInfo start, TimeSpan limit, CancellationToken cancel)
    {
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new IOException($"'{start.FileName}' does not start: {e.Message}", e);
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(stop.Token);
            var errors = process.StandardError.ReadToEndAsync(stop.Token);
            await process.WaitForExitAsync(stop.Token).ConfigureAwait(false);
            var said = await errors.ConfigureAwait(false);
            if (process.ExitCode == 0)
                return await output.ConfigureAwait(false);
            var message = $"'{start.FileName}' ended with code {process.ExitCode}: {said.Trim().Split('\n')[^1]}";
            throw process.ExitCode > FirstSignal ? new CrashException(message) : new IOException(message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"'{start.FileName}' took longer than {limit.TotalSeconds:0} s.");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string? InPath(string name)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string?> InstallFolders()
    {
        string[] folders =
        [
            Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles),
            Environment.GetFolderPath(Environment.SpecialFolder.ProgramFilesX86),
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
        ];
        string[] inside = ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"];
        string[] mac =
        [
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        ];
        var windows = folders
            .Where(folder => folder.Length > 0)
            .SelectMany(folder => inside.Select(file => Path.Combine(folder, file)));
        return windows.Concat(mac).Where(File.Exists);
    }

    private sealed class CrashException(string message) : IOException(message);

    // The browser's helpers may still write for a moment after it has ended.
    private static void Remove(DirectoryInfo folder)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            try
            {
                folder.Delete(recursive: true);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
