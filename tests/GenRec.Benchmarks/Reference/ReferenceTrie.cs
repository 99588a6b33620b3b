namespace GenRec.Benchmarks.Reference;

/// <summary>The trie of facebookresearch/GENRE, which LC-Rec and LETTER copy: dictionaries on the host.</summary>
internal sealed class ReferenceTrie
{
    public ReferenceNode Root { get; } = new();

    public void Add(int item, IEnumerable<int> tokens)
    {
        var node = Root;
        foreach (var token in tokens)
            node = node.Children.TryGetValue(token, out var next) ? next : node.Children[token] = new ReferenceNode();
        node.Item = item;
    }

    /// <summary>Where a prefix leads; null where no item goes on so.</summary>
    public ReferenceNode? Find(IEnumerable<int> prefix)
    {
        var node = Root;
        foreach (var token in prefix)
            if (!node.Children.TryGetValue(token, out node!))
                return null;
        return node;
    }
}

/// <summary>A prefix, and the item where it is a whole id.</summary>
internal sealed class ReferenceNode
{
    public Dictionary<int, ReferenceNode> Children { get; } = [];

    public int Item { get; set; }
}
