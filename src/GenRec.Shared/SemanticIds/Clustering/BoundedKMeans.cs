using GenRec.Shared.Data.Importers;
using GenRec.Shared.SemanticIds.Neural;
using static TorchSharp.torch;

namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>k-means whose clusters have neither too few nor too many points.</summary>
/// <remarks>
/// As Bradley, Bennett and Demiriz, "Constrained K-Means Clustering" (Microsoft Research, 2000), which LETTER (arXiv:2405.07314) starts
/// its codebooks with: each round gives points to centres at the least total squared distance that the bounds allow, a
/// minimum-cost flow, and moves the centres to the means. The flow starts from every point at its nearest centre and sends
/// one point after another along the cheapest chain of moves from a cluster with too many to one with room, then from one
/// that can spare a point to one with too few. Chains are sought among clusters, not points, so that their number hardly
/// matters.
/// </remarks>
internal static class BoundedKMeans
{
    public static KMeansResult Run(Tensor points, Tensor centres, KMeansOptions options)
    {
        var (rows, width, clusters) = ((int)points.shape[0], (int)points.shape[1], (int)centres.shape[0]);
        var most = options.MostPoints == 0 ? rows : options.MostPoints;
        if ((long)options.FewestPoints * clusters > rows || (long)most * clusters < rows || options.FewestPoints > most)
            throw new ArgumentException(
                $"{rows} points do not make {clusters} clusters of {options.FewestPoints} to {most} points each.",
                nameof(options)
            );
        var labels = new int[rows];
        var (before, inertia, round) = (double.PositiveInfinity, 0.0, 0);
        while (true)
        {
            var distances = Distances(points, centres);
            labels = Assign(distances, clusters, options.FewestPoints, most);
            inertia = 0;
            for (var row = 0; row < rows; row++)
                inertia += distances[row * clusters + labels[row]];
            if (round == options.Rounds || (round > 0 && before - inertia <= options.Tolerance * before))
                break;
            (before, round) = (inertia, round + 1);
            var own = new float[rows]; // for clusters that the bounds leave empty
            for (var row = 0; row < rows; row++)
                own[row] = distances[row * clusters + labels[row]];
            KMeans.Average(NearestCodes.Floats(points), labels, own, NearestCodes.Floats(centres), width, clusters);
        }
        var kept = new EmbeddingMatrix(clusters, width, NearestCodes.Floats(centres).ToArray());
        return new KMeansResult(kept, labels, inertia, round);
    }

    /// <summary>The cheapest assignment within bounds.</summary>
    /// <param name="costs"><c>[n * k]</c>, finite.</param>
    /// <param name="clusters">k.</param>
    /// <param name="fewest">Fewest points of a cluster; k times it is at most n.</param>
    /// <param name="most">Most points of a cluster; k times it is at least n.</param>
    /// <returns>The cluster of each point, <c>[n]</c>.</returns>
    internal static int[] Assign(float[] costs, int clusters, int fewest, int most)
    {
        var flow = new Flow(costs, clusters);
        while (flow.TryMove(size => size > most, size => size < most)) { }
        while (flow.TryMove(size => size > fewest, size => size < fewest)) { }
        return flow.Labels;
    }

    private static float[] Distances(Tensor points, Tensor centres)
    {
        using var scope = NewDisposeScope();
        return NearestCodes
            .Floats(ChoiceOfCodes.SquaredDistances(points, centres).clamp_min(0f).contiguous())
            .ToArray();
    }

    /// <summary>An assignment that is the cheapest for its sizes, and stays so.</summary>
    private sealed class Flow
    {
        private readonly float[] costs;
        private readonly int clusters;
        private readonly List<int>[] members;
        private readonly int[] cheapest; // [k, k]: the point whose move from a to b costs least; -1 where a is empty
        private readonly double tolerance; // rounding must not make a round trip look as if it paid
        private readonly double[] distance;
        private readonly int[] previous;

        public Flow(float[] costs, int clusters)
        {
            (this.costs, this.clusters) = (costs, clusters);
            Labels = new int[costs.Length / clusters];
            members = [.. Enumerable.Range(0, clusters).Select(_ => new List<int>())];
            for (var point = 0; point < Labels.Length; point++)
            {
                var own = costs.AsSpan(point * clusters, clusters);
                for (var cluster = 1; cluster < clusters; cluster++)
                    if (own[cluster] < own[Labels[point]])
                        Labels[point] = cluster;
                members[Labels[point]].Add(point);
            }
            cheapest = new int[clusters * clusters];
            tolerance = 1e-9 * costs.Max(Math.Abs);
            (distance, previous) = (new double[clusters], new int[clusters]);
            for (var from = 0; from < clusters; from++)
            for (var to = 0; to < clusters; to++)
                Seek(from, to);
        }

        public int[] Labels { get; }

        /// <summary>Moves one unit along the cheapest chain from a cluster that gives to one that takes; false where none is left.</summary>
        public bool TryMove(Func<int, bool> gives, Func<int, bool> takes)
        {
            if (!Enumerable.Range(0, clusters).Any(c => gives(members[c].Count)))
                return false;
            if (!Enumerable.Range(0, clusters).Any(c => takes(members[c].Count)))
                return false;
            Reach(gives);
            var end = -1;
            for (var cluster = 0; cluster < clusters; cluster++)
                if (takes(members[cluster].Count) && (end < 0 || distance[cluster] < distance[end]))
                    end = cluster;
            for (var to = end; previous[to] >= 0; to = previous[to])
                Move(cheapest[previous[to] * clusters + to], to);
            for (var changed = end; changed >= 0; changed = previous[changed])
            for (var to = 0; to < clusters; to++)
                Seek(changed, to);
            return true;
        }

        /// <summary>Bellman and Ford: moves back cost less than nothing, but no round trip does.</summary>
        private void Reach(Func<int, bool> gives)
        {
            for (var cluster = 0; cluster < clusters; cluster++)
                (distance[cluster], previous[cluster]) = (
                    gives(members[cluster].Count) ? 0 : double.PositiveInfinity,
                    -1
                );
            var changed = Enumerable.Range(0, clusters).Where(c => distance[c] == 0).ToList();
            for (var round = 0; round < clusters && changed.Count > 0; round++)
            {
                var next = new List<int>();
                foreach (var from in changed)
                    for (var to = 0; to < clusters; to++)
                    {
                        if (cheapest[from * clusters + to] is not (>= 0 and var point) || from == to)
                            continue;
                        var reached = distance[from] + Cost(point, from, to);
                        if (reached >= distance[to] - tolerance)
                            continue;
                        (distance[to], previous[to]) = (reached, from);
                        next.Add(to);
                    }
                changed = [.. next.Distinct()];
            }
        }

        private double Cost(int point, int from, int to) =>
            (double)costs[point * clusters + to] - costs[point * clusters + from];

        private void Move(int point, int to)
        {
            members[Labels[point]].Remove(point);
            members[to].Add(point);
            Labels[point] = to;
        }

        private void Seek(int from, int to)
        {
            var (best, least) = (-1, double.PositiveInfinity);
            foreach (var point in members[from])
                if (Cost(point, from, to) is var cost && cost < least)
                    (best, least) = (point, cost);
            cheapest[from * clusters + to] = best;
        }
    }
}
