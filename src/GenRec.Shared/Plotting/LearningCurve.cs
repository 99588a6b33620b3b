using GenRec.Shared.Display;

namespace GenRec.Shared.Plotting;

/// <summary>One run, or the mean of several seeds, over training.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Steps">Positions on the horizontal axis, rising.</param>
/// <param name="Values">One value for each step; NaN leaves a gap.</param>
public sealed record LearningCurve(string Name, IReadOnlyList<double> Steps, IReadOnlyList<double> Values) : RichRecord
{
    /// <summary>Lower edge of the band, or null.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>Upper edge of the band, or null.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>The mean over seeds with a band from the lowest to the highest seed.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="steps">Positions on the horizontal axis.</param>
    /// <param name="seeds">One list of values for each seed, all as long as <paramref name="steps"/>; at least one seed.</param>
    /// <exception cref="ArgumentException">There is no seed, or a seed has another number of values.</exception>
    public static LearningCurve FromSeeds(
        string name,
        IReadOnlyList<double> steps,
        IReadOnlyList<IReadOnlyList<double>> seeds
    )
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(seeds);
        if (seeds.Count == 0)
            throw new ArgumentException($"'{name}' has no seed.", nameof(seeds));
        for (var seed = 0; seed < seeds.Count; seed++)
            if (seeds[seed].Count != steps.Count)
                throw new ArgumentException(
                    $"'{name}', seed {seed}: {seeds[seed].Count} values for {steps.Count} steps.",
                    nameof(seeds)
                );
        return new LearningCurve(name, steps, Over(values => values.Average()))
        {
            Low = seeds.Count > 1 ? Over(values => values.Min()) : null,
            High = seeds.Count > 1 ? Over(values => values.Max()) : null,
        };

        double[] Over(Func<IEnumerable<double>, double> fold) =>
            [.. Enumerable.Range(0, steps.Count).Select(at => fold(seeds.Select(seed => seed[at])))];
    }

    /// <summary>The same curve with another unit on the horizontal axis.</summary>
    /// <param name="unit">What one step is in the new unit, above 0.</param>
    public LearningCurve InUnits(double unit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(unit);
        return this with { Steps = [.. Steps.Select(step => step * unit)] };
    }

    /// <summary>The value at a step, on the line between its neighbours; before the first and after the last point theirs.</summary>
    /// <param name="step">Where on the horizontal axis.</param>
    /// <returns>NaN where the curve has no point.</returns>
    public double At(double step)
    {
        if (Steps.Count == 0)
            return double.NaN;
        var next = 0;
        while (next < Steps.Count - 1 && Steps[next] < step)
            next++;
        if (next == 0 || Steps[next] <= step)
            return Values[next];
        var share = (step - Steps[next - 1]) / (Steps[next] - Steps[next - 1]);
        return Values[next - 1] + share * (Values[next] - Values[next - 1]);
    }

    /// <summary>The values by step.</summary>
    protected override Table AsTable() =>
        Tables.Curves("step", [(Name, (IReadOnlyList<(double, double)>)[.. Steps.Zip(Values)])]);

    internal void Check()
    {
        if (Values.Count != Steps.Count)
            throw new ArgumentException($"'{Name}' has {Values.Count} values for {Steps.Count} steps.", nameof(Values));
        if (Low is null != High is null || Low is not null && (Low.Count != Steps.Count || High!.Count != Steps.Count))
            throw new ArgumentException(
                $"'{Name}' needs both edges of its band, one value for each step.",
                nameof(Low)
            );
    }
}

/// <summary>One plot among several small ones.</summary>
/// <param name="Title">Text above the plot.</param>
/// <param name="Curves">Its curves; a name stands for the same style in all panels.</param>
public sealed record Panel(string Title, IReadOnlyList<LearningCurve> Curves) : RichRecord;
