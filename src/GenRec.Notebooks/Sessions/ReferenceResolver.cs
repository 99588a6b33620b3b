using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace GenRec.Notebooks.Sessions;

/// <summary>Resolves <c>#r</c>: assemblies this process has are taken from where it has them, whatever the path
/// says.</summary>
/// <remarks>A second copy of the library would have types that look the same and are not.</remarks>
internal sealed class ReferenceResolver(ScriptMetadataResolver files) : MetadataReferenceResolver
{
    public override bool ResolveMissingAssemblies => files.ResolveMissingAssemblies;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(
        string reference,
        string? baseFilePath,
        MetadataReferenceProperties properties
    )
    {
        var name = Path.GetFileName(reference.Replace('\\', '/'));
        if (name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            name = name[..^4];
        return SessionDefaults.Paths.TryGetValue(name, out var own)
            ? [SessionDefaults.ReferenceTo(own).WithProperties(properties)]
            : files.ResolveReference(reference, baseFilePath, properties);
    }

    public override PortableExecutableReference? ResolveMissingAssembly(
        MetadataReference definition,
        AssemblyIdentity referenceIdentity
    ) =>
        SessionDefaults.Paths.TryGetValue(referenceIdentity.Name, out var own)
            ? SessionDefaults.ReferenceTo(own)
            : files.ResolveMissingAssembly(definition, referenceIdentity);

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => files.GetHashCode();
}
