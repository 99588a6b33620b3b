namespace GenRec.Cli;

/// <summary>Recognises errors of writing that more room would have prevented.</summary>
internal static class FullDisk
{
    /// <summary>What to do about it.</summary>
    public const string Advice =
        "There is no room to write (disk full, or a quota or file-size limit reached). What was there before is as it was: "
        + "make room, or choose another folder, and run again.";

    // errno.h: no space, quota reached; winerror.h: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL. Their numbers are what .NET
    // keeps in HResult of an IOException. EDQUOT differs between Linux and macOS.
    private static readonly int[] Codes =
    [
        28,
        OperatingSystem.IsMacOS() ? 69 : 122,
        unchecked((int)0x80070027),
        unchecked((int)0x80070070),
    ];

    /// <summary>Whether the error, or one that caused it, is of that kind.</summary>
    public static bool IsBehind(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is IOException && Codes.Contains(error.HResult) || IsFileTooLong(error))
                return true;
        return false;
    }

    // A limit of the file size (EFBIG) comes as an argument error from inside the file stream.
    private static bool IsFileTooLong(Exception error) =>
        error is ArgumentOutOfRangeException { TargetSite.DeclaringType.Namespace: not null } outside
        && outside.TargetSite!.DeclaringType!.Assembly == typeof(FileStream).Assembly
        && outside.StackTrace?.Contains("System.IO.RandomAccess.Write", StringComparison.Ordinal) == true;
}
