using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Measures;

namespace GenRec.Shared.Plotting;

/// <summary>Figures of semantic ids and of their reports.</summary>
public static class SemanticIdFigures
{
    private const int MostPoints = 400;

    /// <summary>Items of each code, most frequent first, one curve a level: the hourglass shows as a steep middle level.</summary>
    /// <param name="ids">Any ids; a level that only numbers equal codes is left out.</param>
    public static Display.Figure CodeFrequencies(SemanticIdTable ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var curves = Enumerable
            .Range(0, ids.ContentLevels)
            .Select(level =>
            {
                var sorted = CodeUsage.CountsOf(ids, level).OrderDescending().ToArray();
                var step = Math.Max(1, sorted.Length / MostPoints);
                var ranks = Enumerable.Range(0, sorted.Length).Where(rank => rank % step == 0).ToArray();
                return new LearningCurve(
                    $"level {level + 1}",
                    [.. ranks.Select(rank => (rank + 1.0) / sorted.Length)],
                    [.. ranks.Select(rank => (double)sorted[rank])]
                );
            })
            .ToArray();
        return Figures.LearningCurves(
            new FigureText(
                "Items of each code, most frequent code first",
                "A level line means that all codes are used alike; the dashed height is N / K of level 1. A level that falls "
                    + "steeply leaves most of its codes unused.",
                "share of the codes",
                "items of the code"
            ),
            curves,
            [new ReferenceLine("all alike", ids.ItemCount / (double)ids.CodebookSizes[0])]
        );
    }

    /// <summary>Perplexity over codebook size, level by level, for several sets.</summary>
    public static Display.Figure Perplexity(IReadOnlyList<SemanticIdReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var levels = reports.Max(report => report.Ids.ContentLevels);
        return Figures.Bars(
            new FigureText(
                "How evenly each level uses its codes",
                "1 means that every code has as many items as every other; a low bar in the middle is the hourglass.",
                "level",
                "perplexity / codebook size"
            ),
            [.. Enumerable.Range(1, levels).Select(level => $"{level}")],
            [
                .. reports.Select(report => new BarSeries(
                    report.Name,
                    [
                        .. Enumerable
                            .Range(0, levels)
                            .Select(level =>
                                level < report.Ids.ContentLevels
                                    ? report.Levels[level].Perplexity / report.Levels[level].Size
                                    : double.NaN
                            ),
                    ]
                )),
            ]
        );
    }

    /// <summary>Collision rate before and after repair, for several sets.</summary>
    public static Display.Figure Collisions(IReadOnlyList<SemanticIdReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return Figures.Bars(
            new FigureText(
                "Collisions before and after repair",
                "Share of items beyond the first of their tuple; before: the quantiser's own codes, where they are known.",
                "ids",
                "collision rate"
            ),
            [.. reports.Select(report => report.Name)],
            [
                new BarSeries("before", [.. reports.Select(report => report.Before.Rate)]),
                new BarSeries("after", [.. reports.Select(report => report.Final.Rate)]),
            ]
        );
    }

    /// <summary>Mean cosine of pairs by the number of leading codes they share, for several sets.</summary>
    /// <exception cref="ArgumentException">No report has it: it needs vectors, and codes in order.</exception>
    public static Display.Figure PrefixCosine(IReadOnlyList<SemanticIdReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return Figures.LearningCurves(
            new FigureText(
                "Items that share more codes are more alike",
                "Mean cosine of pairs of items against the number of leading codes they share; 0 are random pairs.",
                "shared leading codes",
                "mean cosine"
            ),
            [
                .. reports
                    .Where(report => report.PrefixCosine is not null)
                    .Select(report => new LearningCurve(
                        report.Name,
                        [.. Enumerable.Range(0, report.PrefixCosine!.Count).Select(depth => (double)depth)],
                        report.PrefixCosine
                    )),
            ]
        );
    }

    /// <summary>The most frequent categories against the most frequent codes of level 1, TIGER's Figure 4 as a heat map.</summary>
    /// <param name="ids">Any ids.</param>
    /// <param name="categories">A category of each item, <c>[N]</c>, negative where unknown.</param>
    /// <param name="names">The name of each category.</param>
    /// <param name="rows">Categories shown.</param>
    /// <param name="columns">Codes shown.</param>
    public static Display.Figure CategoryHeatMap(
        SemanticIdTable ids,
        IReadOnlyList<int> categories,
        IReadOnlyList<string> names,
        int rows = 12,
        int columns = 30
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(names);
        var codes = Enumerable.Range(1, ids.ItemCount).Select(item => ids[item][0]).ToArray();
        var top = Most(categories.Where(category => category >= 0), rows);
        var known = Enumerable.Range(0, codes.Length).Where(row => top.Contains(categories[row])).ToArray();
        var counts = new double[top.Count, ids.CodebookSizes[0]];
        foreach (var row in known)
            counts[top.IndexOf(categories[row]), codes[row]]++;
        // Codes stand in the order of the category they mostly belong to, so that agreement shows as a staircase.
        var shown = Most(known.Select(row => codes[row]), columns)
            .OrderBy(code => Enumerable.Range(0, top.Count).MaxBy(category => counts[category, code]))
            .ToArray();
        var values = new double[top.Count, shown.Length];
        for (var row = 0; row < top.Count; row++)
        for (var column = 0; column < shown.Length; column++)
            values[row, column] = counts[row, shown[column]];
        return Figures.HeatMap(
            new FigureText(
                "Codes of level 1 against categories",
                "Items of the most frequent categories and codes; a staircase means that a code belongs to one category.",
                "code of level 1",
                "category"
            ),
            values,
            "items",
            [.. top.Select(category => names[category])],
            [.. shown.Select(code => $"{code}")]
        );

        static List<int> Most(IEnumerable<int> labels, int count) =>
            [
                .. labels
                    .CountBy(label => label)
                    .OrderByDescending(pair => pair.Value)
                    .ThenBy(pair => pair.Key)
                    .Take(count)
                    .Select(pair => pair.Key),
            ];
    }
}
