namespace GenRec.Cli;

/// <summary>What a user is told when a command cannot do what was asked: what, where, and what to do.</summary>
internal sealed class UserError(string message, int exitCode = ExitCode.WrongInput) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>A run that failed for a reason of its own, and what to do once that is put right.</summary>
internal sealed class FailedRun(Exception cause, string next) : Exception(cause.Message, cause)
{
    public string Next { get; } = next;
}

/// <summary>What a command answers to the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongInput = 2;
}
