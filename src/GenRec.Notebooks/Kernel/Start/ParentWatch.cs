using System.Diagnostics;
using System.Globalization;

namespace GenRec.Notebooks.Kernel.Start;

/// <summary>Notices that the program which started this one has gone: nobody would ever end the kernel then.</summary>
internal static class ParentWatch
{
    // Set by jupyter_client's launcher to the id of its own process; on Windows to a handle, which says nothing here.
    private const string Variable = "JPY_PARENT_PID";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>The parent's process id; null where it is not known.</summary>
    public static int? Parent(int? given = null) =>
        given
        ?? (
            !OperatingSystem.IsWindows()
            && int.TryParse(
                Environment.GetEnvironmentVariable(Variable),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var id
            )
            && id > 1
                ? id
                : null
        );

    /// <summary>Ends when the process has.</summary>
    public static async Task GoneAsync(int id, CancellationToken cancel)
    {
        while (IsAlive(id))
            await Task.Delay(Every, cancel).ConfigureAwait(false);
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return true; // it is there, but may not be looked at
        }
    }
}
