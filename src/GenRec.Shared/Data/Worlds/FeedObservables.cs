using GenRec.Shared.Data.Slates;
using GenRec.Shared.Runtime;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Turns what happened in a feed into a data set; keeps no link to the world.</summary>
internal static class FeedObservables
{
    private static readonly (string Name, FeedActions Action)[] actionColumns =
    [
        ("view", FeedActions.View),
        ("like", FeedActions.Like),
        ("follow", FeedActions.Follow),
        ("share", FeedActions.Share),
        ("comment", FeedActions.Comment),
        ("dislike", FeedActions.Dislike),
        ("exit", FeedActions.Exit),
    ];

    public static Dataset Of(FeedPreset preset, ulong seed, FeedCatalogue videos, SlateLog log, CounterRandom text)
    {
        var name = $"world-{preset.Name}-v{FeedWorld.Version}" + (seed == World.DefaultSeed ? "" : $"-seed{seed}");
        return Dataset.Create(
            name,
            Exposures(videos, log),
            Table(videos, text),
            [$"simulated: embedded feed, preset {preset.Name}, version {FeedWorld.Version}, seed {seed}"],
            "part of this project"
        );
    }

    // One row for each video that was reached.
    private static Interactions Exposures(FeedCatalogue videos, SlateLog log)
    {
        var (users, m) = (log.Offsets.Length - 1, log.SlateLength);
        var total = 0;
        foreach (var seen in log.Seen)
            total += seen;
        var (offsets, items, times) = (new long[users + 1], new int[total], new long[total]);
        string[] names = ["session", "visit", "position", "watch_seconds", "duration_seconds", "own", "log_propensity"];
        var columns = names
            .Concat(actionColumns.Select(one => one.Name))
            .ToDictionary(one => one, _ => new float[total]);
        var (row, own) = (0, log.Policies.ToList().IndexOf("own"));
        for (var user = 0; user < users; user++)
        {
            for (var session = (int)log.Offsets[user]; session < log.Offsets[user + 1]; session++)
            {
                var time = log.Times[session];
                for (var place = 0; place < log.Seen[session]; place++, row++)
                {
                    var at = session * m + place;
                    (items[row], times[row]) = (log.Items[at], time);
                    columns["session"][row] = session - log.Offsets[user];
                    columns["visit"][row] = log.Visits[session];
                    columns["position"][row] = place;
                    columns["watch_seconds"][row] = log.WatchSeconds[at];
                    columns["duration_seconds"][row] = (float)videos.Seconds[log.Items[at]];
                    columns["own"][row] = log.PolicyIndices[session] == own ? 1 : 0;
                    columns["log_propensity"][row] = log.LogPropensities[at];
                    foreach (var (name, action) in actionColumns)
                        columns[name][row] = (log.Actions[at] & action) != 0 ? 1 : 0;
                    time += 1 + (long)Math.Ceiling((double)log.WatchSeconds[at]);
                }
            }
            offsets[user + 1] = row;
        }
        return new Interactions(
            videos.Count,
            offsets,
            items,
            times,
            columns,
            [.. Enumerable.Range(0, users).Select(user => user.ToString("'user-'00000", null))],
            [.. Enumerable.Range(1, videos.Count).Select(item => item.ToString("'video-'00000", null))]
        );
    }

    private static ItemTable Table(FeedCatalogue videos, CounterRandom text)
    {
        var (items, ids) = (videos.Items, Enumerable.Range(1, videos.Count).ToArray());
        return new ItemTable(
            new DataFrame(
                Column(ItemTable.TitleColumn, Title),
                Column("author", item => ItemText.Brand(items.Brand[item])),
                Column(ItemTable.CategoriesColumn, item => ItemTable.JoinPaths([ItemText.Category(items, item)])),
                Column("style", item => Vocabulary.Styles[items.Style[item]]),
                Column("colour", item => Vocabulary.Colours[items.Colour[item]]),
                Column(ItemTable.DescriptionColumn, item => ItemText.Description(items, item, text)),
                new DoubleDataFrameColumn("duration_seconds", ids.Select(item => videos.Seconds[item])),
                new DoubleDataFrameColumn("uploaded", ids.Select(item => (double)videos.Uploaded[item]))
            )
        );

        // Click-bait often, but not always, and not alone, announces itself.
        string Title(int item)
        {
            var shouts = text.At(item, 10).Chance(videos.IsClickBait[item] ? 0.6 : 0.04);
            return (shouts ? "You must see this! " : "") + ItemText.Title(items, item);
        }

        StringDataFrameColumn Column(string name, Func<int, string> value) => new(name, ids.Select(value));
    }
}
