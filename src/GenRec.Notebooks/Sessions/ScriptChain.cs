using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace GenRec.Notebooks.Sessions;

/// <summary>What came of one submission.</summary>
/// <param name="Diagnostics">Compile errors; then nothing ran.</param>
/// <param name="Exception">What it threw.</param>
/// <param name="Aborted">True where it was torn down.</param>
/// <param name="HasValue">True where it ended in an expression.</param>
/// <param name="Value">The expression's value.</param>
internal sealed record Submission(
    IReadOnlyList<Diagnostic> Diagnostics,
    Exception? Exception = null,
    bool Aborted = false,
    bool HasValue = false,
    object? Value = null
);

/// <summary>The compiled cells of a session, each seeing those before it.</summary>
internal sealed class ScriptChain : IDisposable
{
    private readonly InteractiveAssemblyLoader loader = new();
    private readonly ScriptOptions first;
    private readonly ScriptOptions later;

    public ScriptChain(string folder)
    {
        foreach (var file in SessionDefaults.LibraryFiles())
            loader.RegisterDependency(System.Reflection.Assembly.Load(Path.GetFileNameWithoutExtension(file)));
        later = ScriptOptions
            .Default.WithReferences(Array.Empty<MetadataReference>())
            .WithImports(Array.Empty<string>())
            .WithMetadataResolver(new ReferenceResolver(ScriptMetadataResolver.Default.WithBaseDirectory(folder)))
            .WithSourceResolver(new SourceFileResolver([], folder))
            .WithLanguageVersion(LanguageVersion.CSharp13)
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithAllowUnsafe(true)
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
        // Only the first submission names the references: repeated in each, they cost memory quadratic in the cells.
        first = later.WithReferences(SessionDefaults.References);
    }

    public Script<object>? Last { get; private set; }

    public ScriptState<object>? State { get; private set; }

    /// <summary>Compiles and starts a submission; the task ends when its top-level awaits have.</summary>
    public Task<Submission> Start(string code, string file, CellScope? cell, CancellationToken abort)
    {
        var script = Last is null
            ? CSharpScript.Create<object>(code, first.WithFilePath(file), assemblyLoader: loader)
            : Last.ContinueWith<object>(code, later.WithFilePath(file));
        var errors = script
            .Compile(CancellationToken.None)
            .Where(d => d.Severity == DiagnosticSeverity.Error)
            .ToArray();
        if (errors.Length > 0)
            return Task.FromResult(new Submission(errors));
        Task<ScriptState<object>>? running = null;
        CellScope.Current = cell;
        try
        {
            // With a token that can never be cancelled, ControlledExecution.Run waits for its cancellation forever.
            if (!abort.CanBeCanceled)
                return FinishAsync(script, Run(script), file);
#pragma warning disable SYSLIB0046 // A cell that ignores its token must still end; what it broke is the session's own.
            System.Runtime.ControlledExecution.Run(() => running = Run(script), abort);
#pragma warning restore SYSLIB0046
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return Task.FromResult(new Submission([], Aborted: true));
        }
        finally
        {
            CellScope.Current = null;
        }
        return FinishAsync(script, running!, file);
    }

    public void Dispose() => loader.Dispose();

    private Task<ScriptState<object>> Run(Script<object> script) =>
        State is null
            ? script.RunAsync(null, _ => true, CancellationToken.None)
            : script.RunFromAsync(State, _ => true, CancellationToken.None);

    private async Task<Submission> FinishAsync(Script<object> script, Task<ScriptState<object>> running, string file)
    {
        // What a failed cell declared before it threw stays, as in any interactive C#.
        (State, Last) = (await running.ConfigureAwait(false), script);
        return State.Exception is { } exception
            ? new Submission([], exception)
            : new Submission(
                [],
                HasValue: State.ReturnValue is not null || EndsInValue(script, file),
                Value: State.ReturnValue
            );
    }

    private static bool EndsInValue(Script<object> script, string file)
    {
        var compilation = script.GetCompilation();
        var tree = compilation.SyntaxTrees.First(tree => tree.FilePath == file);
        var end = (tree.GetRoot() as CompilationUnitSyntax)?.Members.LastOrDefault();
        return end
                is GlobalStatementSyntax
                {
                    Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last
                }
            && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type?.SpecialType
                != SpecialType.System_Void;
    }
}
