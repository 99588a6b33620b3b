namespace GenRec.Shared.Tests.Decoding;

/// <summary>The plain trie: dictionaries of children on the host. Slow, and right by inspection.</summary>
internal sealed class DictionaryTrie
{
    private readonly Dictionary<long, DictionaryTrie> children = [];

    public List<int> Items { get; } = [];

    public static DictionaryTrie Of(IEnumerable<(int Item, long[] Tokens)> ids)
    {
        var root = new DictionaryTrie();
        foreach (var (item, tokens) in ids)
        {
            var node = root;
            foreach (var token in tokens)
                node = node.children.TryGetValue(token, out var next) ? next : node.children[token] = new();
            node.Items.Add(item);
        }
        return root;
    }

    /// <summary>Tokens that continue a prefix, ascending; none where no id begins so.</summary>
    public long[] Legal(IEnumerable<long> prefix) => Find(prefix) is { } node ? [.. node.children.Keys.Order()] : [];

    public DictionaryTrie? Find(IEnumerable<long> prefix)
    {
        var node = this;
        foreach (var token in prefix)
            if (!node.children.TryGetValue(token, out node!))
                return null;
        return node;
    }

    /// <summary>All prefixes, the empty one first, level by level.</summary>
    public IEnumerable<long[]> Prefixes()
    {
        var level = new List<long[]> { Array.Empty<long>() };
        while (level.Count > 0)
        {
            foreach (var prefix in level)
                yield return prefix;
            level = [.. level.SelectMany(prefix => Legal(prefix).Select(token => (long[])[.. prefix, token]))];
        }
    }
}
