namespace GenRec.Shared.Data.Importers;

/// <summary>Walks over the words of a line; spaces and tabs stand between them.</summary>
internal ref struct Tokens
{
    private ReadOnlySpan<char> rest;

    public Tokens(ReadOnlySpan<char> line) => rest = line.Trim(" \t");

    /// <summary>Whether all words have been taken.</summary>
    public readonly bool AtEnd => rest.IsEmpty;

    /// <summary>Takes the next word; empty at the end.</summary>
    public ReadOnlySpan<char> Next()
    {
        var length = rest.IndexOfAny(' ', '\t');
        var word = length < 0 ? rest : rest[..length];
        rest = length < 0 ? [] : rest[length..].TrimStart(" \t");
        return word;
    }

    /// <summary>Whether at least two words are left.</summary>
    public readonly bool HasTwoMore() => rest.IndexOfAny(' ', '\t') >= 0;
}
