using System.Runtime.InteropServices;

namespace GenRec.Shared.Runtime;

/// <summary>Keeps freed memory in the process, on Linux with glibc.</summary>
/// <remarks>
/// glibc hands every block above 32 MB back to the kernel, so that each large temporary tensor is zeroed and faulted in
/// anew; keeping the blocks makes training steps up to several times faster. The price is memory that stays with the
/// process. Source of the constants: glibc's malloc.h and mallopt(3).
/// </remarks>
public static partial class MallocTuning
{
    /// <summary>Set this environment variable to 1 to leave the allocator alone.</summary>
    public const string OptOutVariable = "GENREC_NO_MALLOC_TUNING";

    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int TopPad = -2; // M_TOP_PAD
    private const int MmapMax = -4; // M_MMAP_MAX
    private static readonly Lazy<bool> applied = new(ApplyOnce);

    /// <summary>Applies the settings once per process; later calls only report.</summary>
    /// <returns>Whether the settings are in force.</returns>
    public static bool Apply() => applied.Value;

    private static bool ApplyOnce()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(OptOutVariable) is "1" or "true")
            return false;
        try
        {
            if (string.IsNullOrEmpty(Marshal.PtrToStringUTF8(LibcVersion())))
                return false;
            // Both thresholds follow the allocation pattern until they are set; setting one freezes both.
            return SetOption(MmapMax, 0) == 1
                && SetOption(TrimThreshold, int.MaxValue) == 1
                && SetOption(TopPad, 256 << 20) == 1;
        }
        catch (Exception notGlibc) when (notGlibc is DllNotFoundException or EntryPointNotFoundException)
        {
            return false; // musl has neither function
        }
    }

    /// <summary>Gives freed memory back to the system, on Linux with glibc: for a program that rests between bursts of
    /// work.</summary>
    /// <remarks>
    /// What the tuning keeps is spread over ever more pages as small and large blocks alternate: the memory in use stands
    /// still and the resident memory grows. The next burst faults the pages in anew, which costs it once what it saves in
    /// each of its steps.
    /// </remarks>
    /// <returns>Whether any memory was given back.</returns>
    public static bool ReturnFreeMemory()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return Trim(0) == 1;
        }
        catch (Exception notGlibc) when (notGlibc is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);

    [LibraryImport("libc.so.6", EntryPoint = "gnu_get_libc_version")]
    private static partial nint LibcVersion();

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
