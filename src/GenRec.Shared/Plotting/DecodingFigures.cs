using System.Globalization;
using GenRec.Shared.Decoding;

namespace GenRec.Shared.Plotting;

/// <summary>Figures of tries and of searches in them.</summary>
public static class DecodingFigures
{
    private const int MostStates = 400;
    private const int MostTitles = 3;
    private const int MostLetters = 30; // of a title at a node; the hover text has all of it

    /// <summary>A small trie: every prefix a node, every id a leaf with its items.</summary>
    /// <param name="trie">At most 400 prefixes.</param>
    /// <param name="title">What an item is called.</param>
    /// <exception cref="ArgumentException">The trie is too large to be read as a drawing.</exception>
    public static Display.Figure Trie(PrefixTrie trie, Func<int, string?> title)
    {
        ArgumentNullException.ThrowIfNull(trie);
        ArgumentNullException.ThrowIfNull(title);
        if (trie.StateCount > MostStates)
            throw new ArgumentException(
                $"A trie of {trie.StateCount:N0} prefixes is no drawing; draw one of at most {MostStates}.",
                nameof(trie)
            );
        var rows = new BeamTrace.TrieRows(trie);
        var nodes = new List<TreeNode> { new("start", -1, "prefix", $"{trie.ItemCount} items") };
        Visit(0, 0, level: 0);
        return Figures.Tree(
            "The ids of a catalogue as a trie",
            "Read from left to right: each step writes one code, and only the codes drawn are legal there. A leaf is an item. "
                + "Items that begin alike share their first steps.",
            nodes
        );

        void Visit(long state, int parent, int level)
        {
            foreach (var (token, child) in rows.ChildrenOf(state))
            {
                var code = token == trie.EndToken ? "end" : $"{token - trie.Layout.Starts[level]}";
                var items = rows.ItemsBelow(child);
                var isLeaf = !rows.ChildrenOf(child).Any();
                var names = string.Join(", ", items.Take(MostTitles).Select(title));
                nodes.Add(
                    new TreeNode(
                        isLeaf ? $"{code}: {Short(names)}" : code,
                        parent,
                        isLeaf ? "item" : "prefix",
                        $"{items.Length} items begin so: {names}"
                    )
                );
                Visit(child, nodes.Count - 1, level + 1);
            }
        }
    }

    /// <summary>A beam search as a tree: what it kept, and of what it threw away the best, and what it should not have.</summary>
    /// <param name="trace">The search.</param>
    /// <param name="title">What an item is called.</param>
    /// <param name="wanted">Items whose loss is marked, for example the model's own best by exhaustive scoring.</param>
    /// <param name="thrown">Prefixes drawn of those that each step threw away, the best ones; at least 0.</param>
    public static Display.Figure Beam(
        BeamTrace trace,
        Func<int, string?> title,
        IReadOnlyCollection<int>? wanted = null,
        int thrown = 3
    )
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentOutOfRangeException.ThrowIfNegative(thrown);
        var marked = (wanted ?? []).ToHashSet();
        var all = trace.Prefixes;
        var drawn = all.Index()
            .GroupBy(one => one.Item.Level)
            .SelectMany(level =>
                level
                    .Where(one => !one.Item.IsKept)
                    .OrderByDescending(one => one.Item.Score)
                    .Where((one, rank) => rank < thrown || one.Item.Items.Any(marked.Contains))
            )
            .Select(one => one.Index)
            .Concat(Enumerable.Range(0, all.Count).Where(at => all[at].IsKept))
            .Order();
        var place = new Dictionary<int, int>();
        var nodes = new List<TreeNode>();
        foreach (var at in drawn)
        {
            place[at] = nodes.Count;
            nodes.Add(Node(at));
        }
        return Figures.Tree(
            $"A beam search of width {trace.Width}, step by step",
            "At a node: its newest code and the log-probability of the prefix so far. Point at a node for the items below it. Pale "
                + "nodes were thrown away, and nothing below them was ever looked at.",
            nodes
        );

        TreeNode Node(int at)
        {
            var one = all[at];
            var lost = !one.IsKept && one.Items.Any(marked.Contains);
            var isLeaf = one.Level == all[^1].Level;
            var names = string.Join(", ", one.Items.OrderByDescending(marked.Contains).Take(MostTitles).Select(title));
            var score = one.Score.ToString("F2", CultureInfo.InvariantCulture);
            return new TreeNode(
                one.Level == 0 ? "start"
                    : isLeaf && one.IsKept ? $"{one.Code}  {score}  {Short(names)}"
                    : $"{one.Code}  {score}",
                one.Parent < 0 ? -1 : place[one.Parent],
                lost ? "thrown away with a wanted item"
                    : one.IsKept ? "kept"
                    : "thrown away",
                $"[{string.Join(", ", trace.CodesOf(at))}], log-probability {score}, {one.Items.Count} items: {names}",
                Faint: !one.IsKept && !lost
            );
        }
    }

    private static string Short(string title) =>
        title.Length <= MostLetters ? title : string.Concat(title.AsSpan(0, MostLetters - 1), "…");

    /// <summary>Milliseconds of a recorded search against one of its sizes, the others held fixed.</summary>
    /// <param name="latency">The measurements.</param>
    /// <param name="axis">What varies.</param>
    /// <exception cref="ArgumentException">Fewer than two sizes were measured.</exception>
    public static Display.Figure Latency(DecodingLatency latency, LatencyAxis axis)
    {
        ArgumentNullException.ThrowIfNull(latency);
        var rows = latency.Along(axis);
        if (rows.Count < 2)
            throw new ArgumentException($"There are {rows.Count} measurements along {axis}; a curve needs two.");
        var sizes = rows.Select(row => (double)row.SizeOf(axis)).ToArray();
        var (unit, held) = axis switch
        {
            LatencyAxis.Beams => ("beams", $"{rows[0].Items:N0} items, {rows[0].Users} user"),
            LatencyAxis.Users => ("users at once", $"{rows[0].Items:N0} items, {rows[0].Beams} beams"),
            _ => ("items in the catalogue", $"{rows[0].Beams} beams, {rows[0].Users} user"),
        };
        return Figures.Scatter(
            new FigureText(
                $"Time of a search against {unit}",
                $"Recorded: {held}. Both axes are logarithmic; where the constraint's own line is level, it costs the same whatever "
                    + "the size.",
                unit,
                "time [ms]"
            ),
            [
                Series("constrained search", row => row.ConstrainedMs),
                Series("the same without constraint", row => row.FreeMs),
                Series("the constraint's own part", row => row.ConstraintMs),
            ],
            logX: true,
            logY: true
        );

        PointSeries Series(string name, Func<LatencyRow, double> value) => new(name, sizes, [.. rows.Select(value)]);
    }
}
