using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds.Clustering;

namespace GenRec.Shared.Tests.SemanticIds;

public class SinkhornTests
{
    private const int Rows = 24;
    private const int Columns = 6;

    private static float[] Costs(ulong seed = 1)
    {
        var random = new CounterRandom(seed);
        return [.. Enumerable.Range(0, Rows * Columns).Select(at => (float)random.At(0, at).Double)];
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.05)]
    [InlineData(0.003)]
    public void TheShareOfEveryCellIsThatOfThePlainRounds(double epsilon)
    {
        // The loop as LC-Rec writes it: the matrix itself, scaled row by row and column by column.
        var costs = Costs();
        var (low, high) = (costs.Min(), costs.Max());
        var q = costs
            .Select(c => Math.Exp(-(c - (low + high) / 2.0) / ((high - low) / 2.0 + 1e-5) / epsilon))
            .ToArray();
        for (var round = 0; round < 50; round++)
        {
            Scale(
                Enumerable.Range(0, Rows).Select(r => Enumerable.Range(0, Columns).Select(c => r * Columns + c)),
                Rows
            );
            Scale(
                Enumerable.Range(0, Columns).Select(c => Enumerable.Range(0, Rows).Select(r => r * Columns + c)),
                Columns
            );
        }
        var plan = Sinkhorn.LogPlan(costs, Columns, epsilon);
        for (var row = 0; row < Rows; row++)
        {
            var expected = q.Skip(row * Columns).Take(Columns).ToArray();
            var own = plan.Skip(row * Columns).Take(Columns).ToArray();
            var shares = own.Select(log => Math.Exp(log - own.Max())).ToArray();
            for (var column = 0; column < Columns; column++)
                Assert.Equal(expected[column] / expected.Sum(), shares[column] / shares.Sum(), 6);
        }

        void Scale(IEnumerable<IEnumerable<int>> groups, int count)
        {
            foreach (var group in groups)
            {
                var sum = group.Sum(at => q[at]) * count;
                foreach (var at in group)
                    q[at] /= sum;
            }
        }
    }

    [Fact]
    public void LogarithmsTakeOverWithoutAJump()
    {
        var costs = Costs();
        Assert.Equal(Sinkhorn.Assign(costs, Columns, 0.0029), Sinkhorn.Assign(costs, Columns, 0.0028));
        Assert.All(Sinkhorn.LogPlan(costs, Columns, 1e-5), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void TheChoiceUsesAllCodesMoreEvenlyThanTheNearestDoes()
    {
        var costs = Costs();
        for (var row = 0; row < Rows; row++)
            costs[row * Columns] -= 0.6f; // the first code is nearest to nearly all
        var counts = Sinkhorn.Assign(costs, Columns, 0.01, 500).CountBy(code => code).ToDictionary();
        Assert.Equal(Columns, counts.Count);
        Assert.True(counts.Values.Max() <= 6); // equal shares would be 4
    }

    [Fact]
    public void CostsMustBeFiniteAndFit()
    {
        Assert.Throws<ArgumentException>(() => Sinkhorn.Assign([1, float.NaN], 2));
        Assert.Throws<ArgumentException>(() => Sinkhorn.Assign([1, 2, 3], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sinkhorn.Assign([1, 2], 2, epsilon: 0));
    }

    [Fact]
    public void MinimumCostAssignmentIsTheBestOfAllPermutations()
    {
        for (var seed = 1ul; seed <= 40; seed++)
        {
            var random = new CounterRandom(seed);
            var rows = 1 + random.At(1, 0).Below(5);
            var columns = rows + random.At(1, 1).Below(3);
            var costs = Enumerable.Range(0, rows * columns).Select(at => (float)random.At(2, at).Below(20)).ToArray();
            var chosen = MinimumCostAssignment.Solve(costs, columns);
            Assert.Equal(rows, chosen.Distinct().Count());
            Assert.Equal(Best(0, []), chosen.Select((column, row) => costs[row * columns + column]).Sum());

            float Best(int row, HashSet<int> taken) =>
                row == rows
                    ? 0
                    : Enumerable
                        .Range(0, columns)
                        .Where(column => !taken.Contains(column))
                        .Min(column => costs[row * columns + column] + Best(row + 1, [.. taken, column]));
        }
    }
}
