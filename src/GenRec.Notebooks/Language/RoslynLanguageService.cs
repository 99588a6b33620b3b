using GenRec.Notebooks.Sessions;
using Microsoft.CodeAnalysis.Completion;

namespace GenRec.Notebooks.Language;

/// <summary>Completion and inspection by Roslyn, in front of everything a session has run.</summary>
/// <remarks>
/// Nothing is executed: the cell is bound behind the session's submissions, with the same usings and references. The
/// first question waits until the session is ready; Roslyn is warmed up in the background.
/// </remarks>
public sealed class RoslynLanguageService : ILanguageService, IDisposable
{
    private readonly NotebookSession session;
    private readonly Lazy<SubmissionWorkspace> workspace = new(() => new SubmissionWorkspace());
    private readonly CancellationTokenSource closing = new();

    /// <summary>Serves a session.</summary>
    /// <param name="session">The session; it stays the caller's.</param>
    public RoslynLanguageService(NotebookSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        this.session = session;
        Ready = Task.Run(() => WarmAsync(closing.Token));
    }

    /// <summary>Ends when the background warm-up has; questions may be asked before.</summary>
    public Task Ready { get; }

    /// <inheritdoc/>
    public Task<CompletionList> CompleteAsync(string code, int position, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(code);
        position = Math.Clamp(position, 0, code.Length);
        return DirectiveCompletion.At(code, position, session.Folder) is { } directive
            ? Task.FromResult(directive)
            : Guarded(
                () => CompleteCodeAsync(code, position, cancel),
                new CompletionList(position, position, []),
                cancel
            );
    }

    /// <inheritdoc/>
    public Task<Inspection?> InspectAsync(string code, int position, int detailLevel, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(code);
        position = Math.Clamp(position, 0, code.Length);
        return Guarded(() => InspectCodeAsync(code, position, detailLevel, cancel), null, cancel);
    }

    /// <inheritdoc/>
    public SubmissionStatus Check(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return SubmissionCheck.Of(code);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        closing.Cancel();
        if (workspace.IsValueCreated)
            workspace.Value.Dispose();
    }

    private async Task<CompletionList> CompleteCodeAsync(string code, int position, CancellationToken cancel)
    {
        var cell = await OpenAsync(code, cancel).ConfigureAwait(false);
        var service = CompletionService.GetService(cell.Document)!;
        var found = await service
            .GetCompletionsAsync(cell.Document, position, CompletionTrigger.Invoke, cancellationToken: cancel)
            .ConfigureAwait(false);
        var typed = code[Math.Min(found.Span.Start, position)..position];
        var chosen = CompletionRanking.Choose(found.ItemsList, typed, cell.Declared);
        var model = await cell.Document.GetSemanticModelAsync(cancel).ConfigureAwait(false);
        var signatures = new CompletionSignatures(model!, found.Span.Start, cancel);
        return new CompletionList(
            found.Span.Start,
            Math.Max(position, found.Span.End),
            [.. chosen.Select((one, at) => new CompletionItem(one.Text, one.Text, one.Kind, signatures.Of(one, at)))]
        );
    }

    private async Task<Inspection?> InspectCodeAsync(string code, int position, int detail, CancellationToken cancel)
    {
        var cell = await OpenAsync(code, cancel).ConfigureAwait(false);
        return await SymbolInspection.AtAsync(cell.Document, position, detail, cancel).ConfigureAwait(false);
    }

    private async Task<OpenCell> OpenAsync(string code, CancellationToken cancel)
    {
        await session.ReadyAsync().WaitAsync(cancel).ConfigureAwait(false);
        var text = CellSource.WithoutDirectives(code);
        return await workspace.Value.OpenAsync(session.LastScript!, text, cancel).ConfigureAwait(false);
    }

    // Code that is being written is broken most of the time; whatever Roslyn makes of it, the editor goes on.
    private static async Task<T> Guarded<T>(Func<Task<T>> question, T otherwise, CancellationToken cancel)
    {
        try
        {
            return await Task.Run(question, cancel).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // An editor asks with every key: no answer is better than an error.
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return otherwise;
        }
    }

    private async Task WarmAsync(CancellationToken cancel)
    {
        const string Code = "Console.Wr";
        try
        {
            await CompleteAsync(Code, Code.Length, cancel).ConfigureAwait(false);
            await CompleteAsync(Code, 1, cancel).ConfigureAwait(false); // names without a dot take another way
            await InspectAsync("Console.WriteLine(1)", Code.Length, 0, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) { } // closed before it was warm
    }
}
