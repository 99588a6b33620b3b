using System.Collections.Immutable;
using GenRec.Notebooks.Sessions;
using Microsoft.CodeAnalysis;

namespace GenRec.Notebooks.Language;

/// <summary>The references of a session with their documentation.</summary>
internal static class DocumentedReferences
{
    private const string Pack = "Microsoft.NETCore.App.Ref";

    private static readonly Lazy<IReadOnlyList<MetadataReference>> LazyAll = new(FindAll);

    /// <summary>Metadata of the framework, the library and what it stands on; read once for all sessions.</summary>
    public static IReadOnlyList<MetadataReference> All => LazyAll.Value;

    /// <summary>The same reference with the documentation that lies beside its file.</summary>
    public static PortableExecutableReference WithDocumentation(PortableExecutableReference reference) =>
        reference.FilePath is { } path && Path.ChangeExtension(path, ".xml") is var xml && File.Exists(xml)
            ? MetadataReference.CreateFromFile(path, reference.Properties, new XmlDocumentationFile(xml))
            : reference;

    // A running framework has no documentation; the SDK has, beside assemblies that hold the same public types under
    // the names that the documentation is sorted by. Where there is no SDK the running one has to do.
    private static List<MetadataReference> FindAll()
    {
        var running = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        PortableExecutableReference[] known = [.. SessionDefaults.References.OfType<PortableExecutableReference>()];
        string[] documented = ReferenceFolder(running) is { } folder ? Directory.GetFiles(folder, "*.dll") : [];
        var own = documented.Length == 0 ? known : known.Where(one => Path.GetDirectoryName(one.FilePath) != running);
        return
        [
            .. documented.Select(file => MetadataReference.CreateFromFile(file)).Concat(own).Select(WithDocumentation),
        ];
    }

    // shared/Microsoft.NETCore.App/10.0.1 runs; packs/Microsoft.NETCore.App.Ref/10.0.*/ref/net10.0 documents.
    private static string? ReferenceFolder(string running)
    {
        var version = Environment.Version;
        var packs = Path.GetFullPath(Path.Combine(running, "..", "..", "..", "packs", Pack));
        return Directory.Exists(packs)
            ? Directory
                .GetDirectories(packs, $"{version.Major}.{version.Minor}.*")
                .Select(pack => Path.Combine(pack, "ref", $"net{version.Major}.{version.Minor}"))
                .Where(Directory.Exists)
                .Order(StringComparer.Ordinal)
                .LastOrDefault()
            : null;
    }
}

/// <summary>Resolves <c>#r</c> as the session does, with documentation.</summary>
internal sealed class DocumentedResolver : MetadataReferenceResolver
{
    private readonly MetadataReferenceResolver session;

    public DocumentedResolver(MetadataReferenceResolver session) => this.session = session;

    public override bool ResolveMissingAssemblies => session.ResolveMissingAssemblies;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(
        string reference,
        string? baseFilePath,
        MetadataReferenceProperties properties
    ) =>
        [
            .. session
                .ResolveReference(reference, baseFilePath, properties)
                .Select(DocumentedReferences.WithDocumentation),
        ];

    public override PortableExecutableReference? ResolveMissingAssembly(
        MetadataReference definition,
        AssemblyIdentity referenceIdentity
    ) => session.ResolveMissingAssembly(definition, referenceIdentity);

    public override bool Equals(object? other) => other is DocumentedResolver same && same.session.Equals(session);

    public override int GetHashCode() => session.GetHashCode();
}
