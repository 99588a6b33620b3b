namespace GenRec.Shared.Data.Importers;

/// <summary>Numbers names in order of first appearance, from 0.</summary>
internal sealed class KeyMap
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan;
    private readonly List<string> keys = [];
    private int last = -1;

    public KeyMap() => bySpan = numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Names in order of their numbers.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>How many names there are.</summary>
    public int Count => keys.Count;

    /// <summary>The number of a name, a new one where it is new.</summary>
    public int NumberOf(ReadOnlySpan<char> key)
    {
        if (last >= 0 && key.SequenceEqual(keys[last])) // files often keep a user's lines together
            return last;
        if (!bySpan.TryGetValue(key, out last))
        {
            last = keys.Count;
            keys.Add(key.ToString());
            numbers.Add(keys[last], last);
        }
        return last;
    }

    /// <summary>The number of a known name, or -1.</summary>
    public int Find(ReadOnlySpan<char> key) => bySpan.TryGetValue(key, out var number) ? number : -1;
}
