using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using static TorchSharp.torch;

namespace GenRec.Shared.Alignment;

/// <summary>Rows of histories and sessions, picked and padded.</summary>
internal static class SessionRows
{
    /// <summary>Some histories, with their users where there are any.</summary>
    public static Histories At(Histories all, ReadOnlySpan<int> rows)
    {
        var (offsets, items) = (new long[rows.Length + 1], new List<int>());
        var users = all.Users.Length > 0 ? new int[rows.Length] : null;
        for (var at = 0; at < rows.Length; at++)
        {
            items.AddRange(all[rows[at]]);
            offsets[at + 1] = items.Count;
            if (users is not null)
                users[at] = all.Users[rows[at]];
        }
        return new Histories(offsets, [.. items], users);
    }

    /// <summary>Some histories, each with one session.</summary>
    public static SessionBatch At(SessionBatch all, ReadOnlySpan<int> rows)
    {
        var items = new int[rows.Length * all.Length];
        for (var at = 0; at < rows.Length; at++)
            all[rows[at]].CopyTo(items.AsSpan(at * all.Length));
        return new SessionBatch(At(all.Histories, rows), items, all.Length);
    }

    /// <summary>The latest items of each history, newest first, 0 behind the oldest, <c>[B, n]</c>, int64.</summary>
    public static Tensor NewestFirst(Histories histories, int most, Device device)
    {
        SessionBatch.RequireHistories(histories);
        var width = 1;
        for (var row = 0; row < histories.Count; row++)
            width = Math.Max(width, Math.Min(most, histories.LengthOf(row)));
        var grid = new long[histories.Count * width];
        for (var row = 0; row < histories.Count; row++)
        {
            var items = histories[row];
            for (var back = 0; back < Math.Min(width, items.Length); back++)
                grid[row * width + back] = items[^(back + 1)];
        }
        return tensor(grid, device: device).view(histories.Count, width);
    }
}
