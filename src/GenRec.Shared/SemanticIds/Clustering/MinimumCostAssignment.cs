namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>Gives each row a column of its own so that the costs sum to the least.</summary>
/// <remarks>
/// The Hungarian method with potentials and shortest augmenting paths (Kuhn, 1955; Jonker and Volgenant, Computing 38,
/// 1987), <c>O(rows^2 * columns)</c>.
/// </remarks>
internal static class MinimumCostAssignment
{
    /// <summary>Solves one problem.</summary>
    /// <param name="costs"><c>[rows * columns]</c>, finite.</param>
    /// <param name="columns">At least as many as rows.</param>
    /// <returns>A column for each row, all different.</returns>
    public static int[] Solve(ReadOnlySpan<float> costs, int columns)
    {
        var rows = costs.Length / columns;
        if (rows > columns)
            throw new ArgumentException($"{rows} rows cannot have different ones of {columns} columns.", nameof(costs));
        // Row and column 0 stand for "none"; owner[c] is the row that holds column c.
        var (rowPrice, columnPrice) = (new double[rows + 1], new double[columns + 1]);
        var (owner, before) = (new int[columns + 1], new int[columns + 1]);
        var (least, done) = (new double[columns + 1], new bool[columns + 1]);
        for (var row = 1; row <= rows; row++)
        {
            owner[0] = row;
            Array.Fill(least, double.PositiveInfinity);
            Array.Clear(done);
            var column = 0;
            do
            {
                done[column] = true;
                var (from, step, next) = (owner[column], double.PositiveInfinity, 0);
                for (var other = 1; other <= columns; other++)
                {
                    if (done[other])
                        continue;
                    var reduced = costs[(from - 1) * columns + other - 1] - rowPrice[from] - columnPrice[other];
                    if (reduced < least[other])
                        (least[other], before[other]) = (reduced, column);
                    if (least[other] < step)
                        (step, next) = (least[other], other);
                }
                for (var other = 0; other <= columns; other++)
                    if (done[other])
                    {
                        rowPrice[owner[other]] += step;
                        columnPrice[other] -= step;
                    }
                    else
                        least[other] -= step;
                column = next;
            } while (owner[column] != 0);
            for (; column != 0; column = before[column])
                owner[column] = owner[before[column]];
        }
        var chosen = new int[rows];
        for (var column = 1; column <= columns; column++)
            if (owner[column] > 0)
                chosen[owner[column] - 1] = column - 1;
        return chosen;
    }
}
