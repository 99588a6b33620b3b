using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>A node of a tree figure.</summary>
/// <param name="Label">Short text at the node.</param>
/// <param name="Parent">Index of its parent in the list, which comes earlier; -1 for the root.</param>
/// <param name="Kind">What its colour and marker stand for; nodes of equal kind look alike.</param>
/// <param name="Detail">Shown when pointed at, or null.</param>
/// <param name="Faint">Drawn see-through: what is there but was not chosen.</param>
public sealed record TreeNode(string Label, int Parent, string Kind, string? Detail = null, bool Faint = false)
    : RichRecord;

public static partial class Figures
{
    /// <summary>A tree from left to right: each level a column, leaves one below the other, parents amid their children.</summary>
    /// <param name="title">What is drawn.</param>
    /// <param name="caption">What to see in it.</param>
    /// <param name="nodes">The nodes, each behind its parent; the root first.</param>
    /// <exception cref="ArgumentException">A text is blank, there is no node, or a parent does not come first.</exception>
    public static Display.Figure Tree(string title, string caption, IReadOnlyList<TreeNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        new FigureText(title, caption, "level", "node").Check();
        RequireSome(nodes.Count, "node");
        for (var at = 0; at < nodes.Count; at++)
            if (nodes[at].Parent >= at || nodes[at].Parent < (at == 0 ? -1 : 0))
                throw new ArgumentException(
                    $"Node {at} ('{nodes[at].Label}') stands before its parent {nodes[at].Parent}."
                );
        var (levels, heights, leaves) = Place(nodes);
        var sketch = new Sketch { Height = 110 + 26 * leaves, Below = 24 };
        foreach (var faint in new[] { true, false })
            AddBranches(sketch, nodes, levels, heights, faint);
        var kinds = nodes.Select(node => node.Kind).Distinct().ToList();
        foreach (var kind in kinds)
        foreach (var faint in new[] { true, false })
            AddNodes(sketch, nodes, levels, heights, kind, kinds.IndexOf(kind), faint);
        sketch.Layout("xaxis", new Attributes { ["visible"] = false, ["range"] = Width(nodes, levels) });
        sketch.Layout(
            "yaxis",
            new Attributes
            {
                ["visible"] = false,
                ["autorange"] = "reversed",
                ["automargin"] = true,
            }
        );
        sketch.Layout(
            "legend",
            new Attributes
            {
                ["bgcolor"] = "rgba(0,0,0,0)",
                ["orientation"] = "h",
                ["x"] = 0,
                ["y"] = 1,
                ["yanchor"] = "bottom",
            }
        );
        var numbers = nodes.Select((node, at) => (object?[])[levels[at], node.Label, node.Kind, node.Detail]);
        var table = new Table(["level", "node", "kind", "detail"], [.. numbers]) { MaxRows = MostRowsOfNumbers };
        return sketch.Finish(title, caption, table);
    }

    /// <summary>The horizontal range: as much beyond the last level as its longest label takes.</summary>
    private static double[] Width(IReadOnlyList<TreeNode> nodes, int[] levels)
    {
        const double Letter = 6.5 / 600; // of the plot, at the usual width
        var last = Math.Max(1, levels.Max());
        var longest = nodes.Where((_, at) => levels[at] == levels.Max()).Max(node => node.Label.Length);
        return [-0.05 * last, last / (1 - Math.Min(0.6, 0.03 + longest * Letter))];
    }

    private static (int[] Levels, double[] Heights, int Leaves) Place(IReadOnlyList<TreeNode> nodes)
    {
        var children = nodes.Select(_ => new List<int>()).ToArray();
        var levels = new int[nodes.Count];
        for (var at = 1; at < nodes.Count; at++)
        {
            children[nodes[at].Parent].Add(at);
            levels[at] = levels[nodes[at].Parent] + 1;
        }
        var (heights, leaves) = (new double[nodes.Count], 0);
        Visit(0);
        return (levels, heights, leaves);

        void Visit(int at)
        {
            foreach (var child in children[at])
                Visit(child);
            heights[at] =
                children[at].Count == 0 ? leaves++ : (heights[children[at][0]] + heights[children[at][^1]]) / 2;
        }
    }

    /// <summary>One line for all branches of a sort; plotly lifts the pen at null.</summary>
    private static void AddBranches(
        Sketch sketch,
        IReadOnlyList<TreeNode> nodes,
        int[] levels,
        double[] heights,
        bool faint
    )
    {
        var (x, y) = (new List<double?>(), new List<double?>());
        for (var at = 1; at < nodes.Count; at++)
        {
            if (nodes[at].Faint != faint)
                continue;
            var parent = nodes[at].Parent;
            x.AddRange([levels[parent], levels[at] - 0.5, levels[at], null]);
            y.AddRange([heights[parent], heights[at], heights[at], null]);
        }
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["mode"] = "lines",
                ["x"] = x.ToArray(),
                ["y"] = y.ToArray(),
                ["line"] = new Attributes { ["color"] = faint ? Palette.Grid : Palette.Ink, ["width"] = faint ? 1 : 2 },
                ["hoverinfo"] = "skip",
                ["showlegend"] = false,
            }
        );
    }

    private static void AddNodes(
        Sketch sketch,
        IReadOnlyList<TreeNode> nodes,
        int[] levels,
        double[] heights,
        string kind,
        int style,
        bool faint
    )
    {
        var some = Enumerable
            .Range(0, nodes.Count)
            .Where(at => nodes[at].Kind == kind && nodes[at].Faint == faint)
            .ToArray();
        if (some.Length == 0)
            return;
        var parents = nodes.Select(node => node.Parent).ToHashSet();
        sketch.Add(
            "scatter",
            new Attributes
            {
                ["name"] = kind,
                ["legendgroup"] = kind,
                ["showlegend"] = !faint || !nodes.Any(node => node.Kind == kind && !node.Faint),
                ["mode"] = "markers+text",
                ["x"] = some.Select(at => levels[at]).ToArray(),
                ["y"] = some.Select(at => heights[at]).ToArray(),
                ["text"] = some.Select(at => " " + HtmlText.Escape(nodes[at].Label)).ToArray(),
                // Beside a leaf; above the branches that leave a node.
                ["textposition"] = some.Select(at => parents.Contains(at) ? "top right" : "middle right").ToArray(),
                ["opacity"] = faint ? 0.45 : 1,
                ["marker"] = new Attributes
                {
                    ["color"] = Palette.Color(style),
                    ["symbol"] = Palette.Marker(style),
                    ["size"] = 10,
                },
                ["hovertext"] = some.Select(at => HtmlText.Escape(nodes[at].Detail ?? nodes[at].Label)).ToArray(),
                ["hoverinfo"] = "text",
                ["cliponaxis"] = false,
            }
        );
    }
}
