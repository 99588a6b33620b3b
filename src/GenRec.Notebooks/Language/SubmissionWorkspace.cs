using GenRec.Notebooks.Sessions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Text;

namespace GenRec.Notebooks.Language;

/// <summary>The cell being written, and behind it the submissions of its session as Roslyn's projects.</summary>
internal sealed class SubmissionWorkspace : IDisposable
{
    private static readonly Lazy<MefHostServices> Services = new(() =>
        MefHostServices.Create(MefHostServices.DefaultAssemblies)
    );

    private readonly AdhocWorkspace workspace = new(Services.Value);
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Dictionary<Script, ProjectId> projects = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> declared = new(StringComparer.Ordinal);
    private Solution solution;
    private Script? last;
    private DocumentId? current;

    public SubmissionWorkspace() => solution = workspace.CurrentSolution;

    /// <summary>Puts a cell behind the submissions that ran so far.</summary>
    /// <param name="after">The session's last submission.</param>
    /// <param name="code">The cell's code without directives.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<OpenCell> OpenAsync(Script after, string code, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (!ReferenceEquals(last, after) || current is null)
                Follow(after);
            // Compiled in the solution that later questions start from, or each would compile all cells again.
            await solution.GetProject(current!.ProjectId)!.GetCompilationAsync(cancel).ConfigureAwait(false);
            var document = solution.WithDocumentText(current, SourceText.From(code)).GetDocument(current)!;
            return new OpenCell(document, declared.ToHashSet(StringComparer.Ordinal));
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        workspace.Dispose();
        turn.Dispose();
    }

    private void Follow(Script after)
    {
        var fresh = new Stack<Script>();
        for (var script = after; script is not null && !projects.ContainsKey(script); script = script.Previous)
            fresh.Push(script);
        var next = current is null ? solution : solution.RemoveProject(current.ProjectId);
        foreach (var script in fresh)
        {
            var previous = script.Previous is { } before ? projects[before] : null;
            (next, var document) = Add(next, script.GetCompilation().Options, previous, script.Code);
            projects[script] = document.ProjectId;
            Declare(script);
        }
        (solution, current) = Add(next, after.GetCompilation().Options, projects[after], "");
        last = after;
    }

    private void Declare(Script script)
    {
        foreach (var member in script.GetCompilation().ScriptClass?.GetMembers() ?? [])
            if (member.CanBeReferencedByName && !member.IsImplicitlyDeclared)
                declared.Add(member.Name);
    }

    private static (Solution Solution, DocumentId Document) Add(
        Solution solution,
        CompilationOptions options,
        ProjectId? previous,
        string code
    )
    {
        var name = $"cells-{solution.ProjectIds.Count}";
        var project = ProjectId.CreateNewId(name);
        var document = DocumentInfo.Create(
            DocumentId.CreateNewId(project, name),
            name,
            sourceCodeKind: SourceCodeKind.Script,
            loader: TextLoader.From(TextAndVersion.Create(SourceText.From(code), VersionStamp.Create()))
        );
        var references = options.MetadataReferenceResolver is { } resolver ? new DocumentedResolver(resolver) : null;
        var info = ProjectInfo.Create(
            project,
            VersionStamp.Create(),
            name,
            name,
            LanguageNames.CSharp,
            compilationOptions: options.WithMetadataReferenceResolver(references),
            parseOptions: CellSource.ParseOptions,
            documents: [document],
            projectReferences: previous is null ? [] : [new ProjectReference(previous)],
            // As in the session: what the first submission refers to, all later ones see.
            metadataReferences: previous is null ? DocumentedReferences.All : [],
            isSubmission: true
        );
        return (solution.AddProject(info), document.Id);
    }
}

/// <summary>A cell in front of the session's submissions.</summary>
/// <param name="Document">Its code.</param>
/// <param name="Declared">Names that earlier cells declared: variables, functions, types.</param>
internal sealed record OpenCell(Document Document, IReadOnlySet<string> Declared);
