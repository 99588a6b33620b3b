using GenRec.Shared.Data;

namespace GenRec.Benchmarks.Harness;

/// <summary>Small made-up interactions for users who have no public data; shaped like a set, of no scientific meaning.</summary>
internal static class SyntheticHistories
{
    /// <summary>Users who mostly stay with a group of items and mostly go on to the next one of the group.</summary>
    /// <param name="users">Number of users.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="meanLength">Mean number of interactions of a user, at least 5.</param>
    /// <param name="seed">The same seed gives the same data.</param>
    public static Interactions Make(int users, int items, double meanLength, int seed)
    {
        const int GroupSize = 20;
        var random = new Random(seed);
        var rows = new List<int[]>(users);
        for (var user = 0; user < users; user++)
        {
            // Like review data: never under five, few long ones.
            var length = 5 + (int)(-(meanLength - 4.5) * Math.Log(1 - random.NextDouble()));
            var row = new int[length];
            row[0] = random.Next(items);
            for (var i = 1; i < length; i++)
                row[i] = random.NextDouble() switch
                {
                    < 0.5 => Within(row[i - 1], 1),
                    < 0.85 => Within(row[i - 1], random.Next(GroupSize)),
                    _ => random.Next(items),
                };
            rows.Add(Array.ConvertAll(row, item => item + 1));
        }
        var offsets = new long[users + 1];
        for (var user = 0; user < users; user++)
            offsets[user + 1] = offsets[user] + rows[user].Length;
        return new Interactions(items, offsets, [.. rows.SelectMany(row => row)]);

        int Within(int item, int step)
        {
            var start = item / GroupSize * GroupSize;
            return start + (item - start + step) % Math.Min(GroupSize, items - start);
        }
    }
}
