using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

/// <summary>KuaiRand and KuaiRec on small files of the official layout.</summary>
public class KuaiTests
{
    internal const string LogHeader =
        "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
        + "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n";

    private const string MatrixHeader =
        "user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n";

    /// <summary>A row of KuaiRand's log.</summary>
    internal static string Row(int user, int video, int date, long time, bool like = false, bool isLong = false) =>
        $"{user},{video},{date},100,{time},1,{(like ? 1 : 0)},0,0,0,0,{(isLong ? 1 : 0)},7000,9000,0,0,0,0,1\n";

    [Fact]
    public void KuaiRandsLogStandsInTwoFilesAndIsCutIntoSessions()
    {
        using var folder = new TempFolder();
        const long Start = 1_650_000_000_000;
        folder.WriteGzip(
            "log_standard_4_22_to_5_08_1k.csv.gz",
            LogHeader + Row(8, 30, 20220422, Start + 90_000_000) + Row(5, 10, 20220422, Start + 90_000_500, like: true)
        );
        folder.WriteGzip(
            "log_standard_4_08_to_4_21_1k.csv.gz",
            LogHeader + Row(5, 20, 20220408, Start + 60_000, isLong: true) + Row(5, 10, 20220408, Start)
        );
        folder.WriteGzip("video_features_basic_1k.csv.gz", "video_id,author_id,tag\n10,77,4\n99,1,1\n20,78,5\n");

        var data = PublicDatasets.Find("kuairand-1k")!.LoadFrom(folder.PathOf("."));
        var log = data.Interactions;
        var user = log.UserKeys!.ToList().IndexOf("5");

        Assert.Equal(["10", "20", "10"], log.ItemsOf(user).ToArray().Select(item => log.ItemKeys![item - 1]));
        Assert.Equal([1_650_000_000, 1_650_000_060, 1_650_090_000], log.TimesOf(user).ToArray());
        var first = (int)log.Offsets[user];
        Assert.Equal([0f, 0f, 1f], log.Feedback["is_like"][first..(first + 3)]);
        Assert.Equal([0f, 1f, 0f], log.Feedback["long_view"][first..(first + 3)]);
        Assert.Equal((9000f, 7000f), (log.Feedback["duration_ms"][0], log.Feedback["play_time_ms"][0]));
        var sessions = SessionIndex.ByGap(log, TimeSpan.FromMinutes(30));
        Assert.Equal([1, 1, 2], Enumerable.Range(0, sessions.Count).Select(sessions.LengthOf).Order());
        Assert.Equal("77", data.Items.Text(log.ItemKeys!.ToList().IndexOf("10") + 1, "author_id"));
        Assert.Equal(1, data.Report!.Unknown); // video 99
        Assert.Contains("no features of users", Assert.Single(data.Gaps));
    }

    [Fact]
    public void KuaiRecsBigMatrixIsALogWithWatchRatios()
    {
        using var folder = new TempFolder();
        folder.WriteGzip(
            "big_matrix.csv.gz",
            MatrixHeader
                + "0,3649,13838,10867,2020-07-05 00:08:23.438,20200705,1593878903.438,1.2733965215790926\n"
                + "0,9598,2000,10000,2020-07-05 00:50:00,20200705,1593881400.0,0.2\n"
                + "7,3649,0,10867,2020-07-04 23:00:00,20200704,1593874800.0,0.0\n"
        );
        folder.WriteGzip("item_categories.csv.gz", "video_id,feat\n3649,\"[27, 9]\"\n9598,[8]\n");

        var data = PublicDatasets.Find("kuairec")!.LoadFrom(folder.PathOf("."));

        Assert.Equal([1, 2], data.Interactions.ItemsOf(0).ToArray());
        Assert.Equal([1_593_878_903, 1_593_881_400], data.Interactions.TimesOf(0).ToArray());
        Assert.Equal(["play_duration", "video_duration", "watch_ratio"], data.Interactions.Feedback.Keys);
        Assert.Equal([1.2733965f, 0.2f, 0f], data.Interactions.Feedback["watch_ratio"]);
        Assert.Equal("[27, 9]", data.Items.Text(1, "feat"));
        Assert.Equal(3, SessionIndex.ByGap(data.Interactions, TimeSpan.FromMinutes(30)).Count);
    }

    [Fact]
    public void KuaiRecsSmallMatrixIsOneEvenWhereTimesAreMissing()
    {
        using var folder = new TempFolder();
        var path = folder.Write(
            "small_matrix.csv",
            MatrixHeader
                + "14,148,4381,6067,2020-07-05 05:27:48.378,20200705.0,1593898068.378,0.722\n"
                + "14,183,11635,6100,,,,1.907\n"
                + "19,183,1,6100,,,,0.5\n"
        );

        var matrix = KuaiRecText.ReadMatrix(path);

        Assert.Equal(["14", "19"], matrix.UserKeys);
        Assert.Equal(["148", "183"], matrix.ItemKeys);
        Assert.Equal((0.722f, 1.907f, 0.5f, 0.75), (matrix[0, 1], matrix[0, 2], matrix[1, 2], matrix.Density));
        Assert.True(float.IsNaN(matrix[1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix[0, 3]);
        var broken = folder.Write("broken.csv", MatrixHeader + "14,148,1,2,,,,x\n");
        var error = Assert.Throws<DataFormatException>(() => KuaiRecText.ReadMatrix(broken));
        Assert.Equal(2, error.Line);
        Assert.Contains("'x' is not a watch ratio", error.Message);
    }
}
