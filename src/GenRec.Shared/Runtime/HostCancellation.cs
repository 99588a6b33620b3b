namespace GenRec.Shared.Runtime;

/// <summary>The wish of whatever runs this code that it should stop: a notebook's interrupt, a limit reached.</summary>
/// <remarks>
/// A cell that calls <c>Trainer.Fit</c> names no token, and still its reader wants to stop it. So long loops of the library
/// ask here beside the token they were given. A host puts a <c>Func&lt;CancellationToken&gt;</c> under
/// <see cref="HostKey"/> into the AppContext data, which finds the token of the calling code; without one nothing is ever
/// cancelled from here.
/// </remarks>
public static class HostCancellation
{
    /// <summary>AppContext key of the host's <c>Func&lt;CancellationToken&gt;</c>.</summary>
    public const string HostKey = "GenRec.Cancellation";

    /// <summary>The host's token for the calling code; one that is never cancelled where there is no host.</summary>
    public static CancellationToken Current =>
        AppContext.GetData(HostKey) is Func<CancellationToken> host ? host() : CancellationToken.None;

    /// <summary>A source that is cancelled with the given token or with the host's.</summary>
    /// <param name="given">The caller's own token.</param>
    /// <returns>To be disposed by the caller.</returns>
    public static CancellationTokenSource Link(CancellationToken given) =>
        CancellationTokenSource.CreateLinkedTokenSource(given, Current);

    /// <summary>Throws where the caller or the host wants the work to stop.</summary>
    /// <param name="given">The caller's own token.</param>
    /// <exception cref="OperationCanceledException">One of the two was cancelled.</exception>
    public static void ThrowIfRequested(CancellationToken given)
    {
        given.ThrowIfCancellationRequested();
        Current.ThrowIfCancellationRequested();
    }
}
