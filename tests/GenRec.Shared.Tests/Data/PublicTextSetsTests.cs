using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

/// <summary>Sets beside the interactions: histories, a search log, tasks about preferences; skipped where they are not here.</summary>
public sealed class PublicTextSetsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("text-sets-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void HistoriesAndLogOfKuaiRandTogetherAreThePublishedLog()
    {
        Need("kuairand-pure");
        var log = PublicData.Load("kuairand-pure");
        var histories = PublicDatasets.LoadKuaiRandHistories(log.Interactions);
        Assert.Equal(1_436_609, histories.Lengths.Sum(length => (long)length) + log.Interactions.Count); // its README
        Assert.Equal(26_469, histories.UserKeys.Count);
        Assert.Equal(
            (817_187, 22_534, 390_929),
            (Events(histories.Watched), Events(histories.Liked), Events(histories.LongViewed))
        );
        Assert.All(
            histories.Lengths.Select((length, user) => (length, user)),
            at => Assert.Equal(Math.Min(50, at.length), histories.Watched.LengthOf(at.user))
        );
        Assert.Equal(log.Interactions.ItemKeys, histories.ItemKeys.Take(log.Interactions.ItemCount)); // one numbering
        Assert.InRange(histories.ItemKeys.Count, log.Interactions.ItemCount, 7_583);
        Assert.True(DateTimeOffset.FromUnixTimeSeconds(histories.LastTimes.Max()) < new DateTime(2022, 4, 25));
    }

    [Fact]
    public void TheLogOfKuaiRandKeepsWatchTimesAndUserFeatures()
    {
        Need("kuairand-pure");
        var log = PublicData.Load("kuairand-pure");
        var user = log.Interactions.UserKeys!.ToList().IndexOf("712");
        var row = (int)log.Interactions.Offsets[user]; // the first row of the file
        Assert.Equal(
            (1f, 61_802f, 49_866f),
            (
                log.Interactions.Feedback["is_click"][row],
                log.Interactions.Feedback["play_time_ms"][row],
                log.Interactions.Feedback["duration_ms"][row]
            )
        );
        string[] columns =
        [
            "is_click",
            "is_like",
            "is_follow",
            "is_comment",
            "is_forward",
            "is_hate",
            "long_view",
            "play_time_ms",
            "duration_ms",
            "profile_stay_time",
            "comment_stay_time",
            "is_profile_enter",
        ];
        Assert.Superset(columns.ToHashSet(), log.Interactions.Feedback.Keys.ToHashSet());
        Assert.Equal("full_active", log.Users!["user_active_degree"][log.Interactions.UserKeys!.ToList().IndexOf("0")]);
    }

    [Fact]
    public void KuaiSearchHasTwoHundredRowsOfEach()
    {
        Need("kuaisearch-demo");
        var log = PublicDatasets.LoadKuaiSearch();
        Assert.Equal(
            (200, 200, 200, 200, 200),
            (log.Items.ItemCount, log.UserKeys.Count, log.Searches.Count, log.Ranked.Count, log.Judgements.Count)
        );
        Assert.Equal(
            (25_430, 583, 19),
            (
                log.Searches.Sum(search => search.ImpressedItemIds.Count),
                log.Searches.Sum(search => search.ClickedItemIds.Count),
                log.Searches.Sum(search => search.PurchasedItemIds.Count)
            )
        );
        Assert.Equal(24, log.Ranked.Sum(offer => offer.IsClicked));
        Assert.Equal(
            [17, 40, 76, 67],
            Enumerable.Range(0, 4).Select(score => log.Judgements.Count(j => j.Score == score))
        );
        Assert.Equal(("3359347", "金粟兰"), (log.ItemKeys[0], log.Items.Text(1, "brand_name")));
        Assert.Equal("M", log.Users["gender"][0]);
        Assert.Equal(952, log.Ranked[0].TargetItemStatisticalFeatures["item_show_cnt_30d_hist"]);
        Assert.Equal(0, log.Report.Malformed);
    }

    [Fact]
    public void PrefEvalHasAThousandOfEachInTwentyTopics()
    {
        Need("prefeval");
        var tasks = PublicDatasets.LoadPrefEval();
        var (choice, persona) = (
            tasks.Implied.Where(task => task.Form == "choice-based").ToArray(),
            tasks.Implied.Where(task => task.Form == "persona-driven").ToArray()
        );
        Assert.Equal(
            (1_000, 1_000, 1_000, 1_000),
            (tasks.Stated.Count, choice.Length, persona.Length, tasks.Choices.Count)
        );
        var topics = tasks.Stated.GroupBy(task => task.Topic).Select(topic => topic.Count()).ToArray();
        Assert.Equal((20, 31, 62), (topics.Length, topics.Min(), topics.Max()));
        Assert.All(choice, task => Assert.Equal((4, 4), (task.Turns.Count, task.Options.Count)));
        Assert.All(persona, task => Assert.NotNull(task.Persona));
        Assert.All(
            tasks.Implied,
            task => Assert.Equal(["user", "assistant"], task.Turns.Take(2).Select(turn => turn.Role))
        );
        Assert.All(tasks.Choices, task => Assert.Equal(4, task.Options.Count));
        Assert.Equal(195, tasks.Choices.Count(task => task.ViolationProbability is null));
        Assert.Equal("Enroll in a traditional classroom program at a local university.", tasks.Choices[0].Options[0]);
        Assert.Equal(24, tasks.Fillers.Count);
    }

    [Theory]
    [InlineData("3\t2\t1000\t7 8\t\t8\textra", "7 columns")]
    [InlineData("3\ttwo\t1000\t7 8\t\t8", "'two' is not a length")]
    [InlineData("3\t2\tnoon\t7 8\t\t8", "'noon' is not a time")]
    [InlineData("1\t2\t1000\t7 8\t\t8", "has a line already")]
    [InlineData("3\t1\t1000\t7 8\t\t8", "2 videos, but the length is 1")]
    public void ABrokenHistoryIsNamedByFileAndLine(string line, string why)
    {
        var path = Path.Combine(folder, "history.tsv");
        const string good = "user_id\thistory_len\tlast_time_ms\twatch\tlike\tlong_view\n1\t3\t5000\t9 7 9\t7\t9 9\n";
        File.WriteAllText(path, good);
        var read = KuaiRandText.ReadHistories(path, ["7", "5"]);
        Assert.Equal([3, 1, 3], read.Watched[0].ToArray());
        Assert.Equal(["7", "5", "9"], read.ItemKeys);
        Assert.Equal(5, read.LastTimes[0]);
        File.WriteAllText(path, good + line + "\n");
        var error = Assert.Throws<DataFormatException>(() => KuaiRandText.ReadHistories(path));
        Assert.Contains($"{path}:3", error.Message);
        Assert.Contains(why, error.Message);
    }

    [Theory]
    [InlineData("recall.jsonl.gz", "{\"user_id\": 1}")]
    [InlineData(
        "relevance.jsonl.gz",
        "{\"query\": \"q\", \"item_title\": \"t\", \"brand\": null, \"seller_name\": null, \"attr_value\": null, \"score\": \"high\"}"
    )]
    [InlineData("users.jsonl.gz", "{\"gender\": \"F\"}")]
    [InlineData("rank.jsonl.gz", "no json")]
    public void ABrokenLineOfASearchLogIsNamedByFileAndLine(string file, string line)
    {
        foreach (var each in KuaiSearchText.Files)
            File.WriteAllText(Path.Combine(folder, each), "");
        Assert.Empty(KuaiSearchText.Read(folder).Searches);
        File.WriteAllText(Path.Combine(folder, file), "\n" + line + "\n");
        var error = Assert.Throws<DataFormatException>(() => KuaiSearchText.Read(folder));
        Assert.Contains($"{Path.Combine(folder, file)}:2", error.Message);
    }

    [Fact]
    public void AChatThatDoesNotFitItsKindIsNamedByFileAndLine()
    {
        foreach (var file in PrefEvalText.Files)
            File.WriteAllText(
                Path.Combine(folder, file),
                file.EndsWith(".json.gz", StringComparison.Ordinal) ? "[]" : ""
            );
        Assert.Empty(PrefEvalText.Read(folder).Implied);
        var path = Path.Combine(folder, "implicit_preference.jsonl.gz");
        const string task = "\"topic\": \"t\", \"n\": 0, \"preference\": \"p\", \"question\": \"q\", ";
        File.WriteAllText(path, $"{{{task}\"set\": \"choice-based\", \"conversation\": {{\"query\": \"q\"}}}}\n");
        Assert.Contains($"{path}:1", Assert.Throws<DataFormatException>(() => PrefEvalText.Read(folder)).Message);
        File.WriteAllText(path, $"{{{task}\"set\": \"other\", \"conversation\": {{}}}}\n");
        Assert.Contains("'other'", Assert.Throws<DataFormatException>(() => PrefEvalText.Read(folder)).Message);
    }

    private static int Events(Histories rows) => Enumerable.Range(0, rows.Count).Sum(rows.LengthOf);

    private static void Need(string name) =>
        Assert.SkipWhen(
            DataFolders.TryFind(name) is null,
            $"Set {DataFolders.Variable} to the folder that holds '{name}'."
        );
}
