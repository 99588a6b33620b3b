using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

/// <summary>Random small interactions for property tests.</summary>
internal static class DataGen
{
    /// <summary>Up to 8 users with up to 9 events over 6 items; no times.</summary>
    public static readonly Gen<Interactions> Untimed = Arrays(Arrays(Gen.Int[1, 6], 0, 9), 1, 8)
        .Select(rows => Build(rows, null));

    /// <summary>The same with times full of ties, and a feedback column.</summary>
    public static readonly Gen<Interactions> Timed = Arrays(
            Arrays(Gen.Select(Gen.Int[1, 6], Gen.Long[0, 4]), 0, 9),
            1,
            8
        )
        .Select(rows =>
            Build(
                Array.ConvertAll(rows, row => Array.ConvertAll(row, each => each.Item1)),
                Array.ConvertAll(rows, row => row.Select(each => 86_400 * each.Item2).Order().ToArray())
            )
        );

    /// <summary>Arrays of random length; CsCheck has them as an extension property, which C# 13 cannot name.</summary>
    public static Gen<T[]> Arrays<T>(Gen<T> element, int shortest, int longest) =>
        GenExtensions.get_Array(element)[shortest, longest];

    public static Interactions Build(int[][] rows, long[][]? times)
    {
        var offsets = new long[rows.Length + 1];
        for (var user = 0; user < rows.Length; user++)
            offsets[user + 1] = offsets[user] + rows[user].Length;
        int[] items = [.. rows.SelectMany(row => row)];
        return new Interactions(
            Math.Max(1, items.DefaultIfEmpty(1).Max()),
            offsets,
            items,
            times is null ? null : [.. times.SelectMany(row => row)],
            times is null
                ? null
                : new Dictionary<string, float[]> { ["stars"] = [.. items.Select((item, i) => item + i / 8f)] },
            [.. Enumerable.Range(0, rows.Length).Select(user => $"u{user}")]
        );
    }

    /// <summary>All a user did, as one comparable text; equal texts are equal interactions.</summary>
    public static string[] Rows(Interactions interactions) =>
        [
            .. Enumerable
                .Range(0, interactions.Users)
                .Select(user => $"{interactions.UserKeys?[user]}: {string.Join(' ', Events(interactions, user))}"),
        ];

    /// <summary>A user's events as text: item key, time, feedback.</summary>
    public static IEnumerable<string> Events(Interactions interactions, int user)
    {
        for (var row = (int)interactions.Offsets[user]; row < interactions.Offsets[user + 1]; row++)
        {
            var item = interactions.Items[row];
            var time = interactions.HasTimes ? $"@{interactions.Times[row]}" : "";
            yield return $"{interactions.ItemKeys?[item - 1] ?? $"{item}"}{time}"
                + string.Concat(interactions.Feedback.Values.Select(column => $"/{column[row]}"));
        }
    }
}
