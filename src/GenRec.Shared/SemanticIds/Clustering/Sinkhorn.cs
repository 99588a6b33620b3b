namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>Soft assignment that uses every code equally: entropic optimal transport.</summary>
/// <remarks>
/// LC-Rec's uniform semantic mapping (arXiv:2311.09049; repository RUCAIBox/LC-Rec, index/models/layers.py): costs are centred
/// and scaled to [-1, 1], <c>Q = exp(-D / eps)</c>, then rows are scaled to <c>1 / n</c> and columns to <c>1 / k</c> in turn. Here
/// the two scalings are kept as vectors, so that no round writes the matrix, in double precision; where <c>exp</c> would
/// leave the range of doubles, the same rounds run on logarithms.
/// </remarks>
public static class Sinkhorn
{
    private const double SafeExponent = 690; // exp(-690) is still a normal double
    private const double Smallest = 1e-300; // a column that no row can reach keeps a finite scaling

    /// <summary>The plan between rows of equal mass and columns of equal mass.</summary>
    /// <param name="costs"><c>[rows * columns]</c>, finite.</param>
    /// <param name="columns">k, at least 1.</param>
    /// <param name="epsilon">Softness, above 0; LC-Rec uses 0.003. Small is close to a hard balanced assignment.</param>
    /// <param name="rounds">Pairs of scalings, at least 1; LC-Rec uses 50.</param>
    /// <returns>Logarithms of the plan up to one constant a row, <c>[rows * columns]</c>: enough to compare within a row.</returns>
    /// <exception cref="ArgumentException">A cost is not finite, or sizes do not fit.</exception>
    public static double[] LogPlan(ReadOnlySpan<float> costs, int columns, double epsilon = 0.003, int rounds = 50)
    {
        var scaled = Centred(costs, columns, epsilon, rounds);
        var columnLogs =
            2 / epsilon < SafeExponent ? Scalings(scaled, columns, rounds) : LogScalings(scaled, columns, rounds);
        for (var at = 0; at < scaled.Length; at++)
            scaled[at] += columnLogs[at % columns];
        return scaled;
    }

    /// <summary>The code with the largest share of each row; of equal ones the first.</summary>
    /// <inheritdoc cref="LogPlan"/>
    /// <returns>A column for each row, <c>[rows]</c>.</returns>
    public static int[] Assign(ReadOnlySpan<float> costs, int columns, double epsilon = 0.003, int rounds = 50)
    {
        var plan = LogPlan(costs, columns, epsilon, rounds);
        var chosen = new int[plan.Length / columns];
        for (var row = 0; row < chosen.Length; row++)
        for (var column = 1; column < columns; column++)
            if (plan[row * columns + column] > plan[row * columns + chosen[row]])
                chosen[row] = column;
        return chosen;
    }

    /// <summary><c>-D / eps</c> with D centred and scaled to [-1, 1].</summary>
    private static double[] Centred(ReadOnlySpan<float> costs, int columns, double epsilon, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        if (!(epsilon > 0 && double.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Need a softness above 0.");
        if (costs.Length == 0 || costs.Length % columns != 0)
            throw new ArgumentException($"{costs.Length} costs do not make rows of {columns}.", nameof(costs));
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var cost in costs)
        {
            if (!float.IsFinite(cost))
                throw new ArgumentException($"A cost is {cost}; all must be finite.", nameof(costs));
            (low, high) = (Math.Min(low, cost), Math.Max(high, cost));
        }
        var (middle, reach) = ((low + high) / 2, (high - low) / 2 + 1e-5); // 1e-5 as in LC-Rec
        var scaled = new double[costs.Length];
        for (var at = 0; at < scaled.Length; at++)
            scaled[at] = -(costs[at] - middle) / reach / epsilon;
        return scaled;
    }

    /// <summary>Scalings of the columns, as logarithms, from rounds on <c>exp(scaled - largest of the row)</c>.</summary>
    private static double[] Scalings(double[] scaled, int columns, int rounds)
    {
        var rows = scaled.Length / columns;
        var kernel = new double[scaled.Length];
        for (var row = 0; row < rows; row++)
        {
            var line = scaled.AsSpan(row * columns, columns);
            var top = Max(line);
            for (var column = 0; column < columns; column++)
                kernel[row * columns + column] = Math.Exp(line[column] - top);
        }
        var (scaling, sums) = (new double[columns], new double[columns]);
        Array.Fill(scaling, 1.0);
        for (var round = 0; round < rounds; round++)
        {
            Array.Clear(sums);
            for (var row = 0; row < rows; row++)
            {
                var line = kernel.AsSpan(row * columns, columns);
                var factor = 1 / (rows * Dot(line, scaling)); // makes the row sum 1 / rows
                for (var column = 0; column < columns; column++)
                    sums[column] += factor * line[column];
            }
            for (var column = 0; column < columns; column++)
                scaling[column] = 1 / (columns * Math.Max(sums[column], Smallest));
        }
        return Array.ConvertAll(scaling, Math.Log);
    }

    /// <summary>The same in logarithms: u_i = -log(n sum_k exp(S_ik + v_k)), v_k = -log(k sum_i exp(S_ik + u_i)).</summary>
    private static double[] LogScalings(double[] scaled, int columns, int rounds)
    {
        var rows = scaled.Length / columns;
        var (byRow, byColumn) = (new double[rows], new double[columns]);
        var terms = new double[Math.Max(rows, columns)];
        for (var round = 0; round < rounds; round++)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++)
                    terms[column] = scaled[row * columns + column] + byColumn[column];
                byRow[row] = -Math.Log(rows) - LogSum(terms.AsSpan(0, columns));
            }
            for (var column = 0; column < columns; column++)
            {
                for (var row = 0; row < rows; row++)
                    terms[row] = scaled[row * columns + column] + byRow[row];
                byColumn[column] = -Math.Log(columns) - LogSum(terms.AsSpan(0, rows));
            }
        }
        return byColumn;
    }

    private static double LogSum(ReadOnlySpan<double> terms)
    {
        var top = Max(terms);
        var sum = 0.0;
        foreach (var term in terms)
            sum += Math.Exp(term - top);
        return top + Math.Log(sum);
    }

    private static double Max(ReadOnlySpan<double> values)
    {
        var top = double.NegativeInfinity;
        foreach (var value in values)
            top = Math.Max(top, value);
        return top;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = System.Numerics.Vector<double>.Zero;
        var (at, wide) = (0, System.Numerics.Vector<double>.Count);
        for (; at <= a.Length - wide; at += wide)
            sum += new System.Numerics.Vector<double>(a[at..]) * new System.Numerics.Vector<double>(b[at..]);
        var total = System.Numerics.Vector.Sum(sum);
        for (; at < a.Length; at++)
            total += a[at] * b[at];
        return total;
    }
}
