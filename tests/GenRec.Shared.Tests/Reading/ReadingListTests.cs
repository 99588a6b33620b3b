using System.Text;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public class ReadingListTests
{
    private const string Good =
        """{"number": 1, "system": "A", "title": "T", "kind": "paper", "part": "p", "date": "2018-08", "venue": null, "arXiv": ["1808.09781"], "importance": "so-so", "remark": "", "state": "planned", "notebook": "1-p/01-a.ipynb"}""";

    [Fact]
    public void TheShippedListHasTwentyNineEntriesInFourParts()
    {
        var list = ReadingList.Load();
        Assert.Equal(29, list.Entries.Count);
        Assert.Equal(["sparse ids", "semantic ids", "OneRec", "foundation models"], list.Parts);
        Assert.Equal(3, list.Entries.Count(entry => entry.Importance == Importance.Seminal));
        Assert.Equal(5, list.Entries.Count(entry => entry.Importance == Importance.Novel));
        Assert.Equal(4, list.Entries.Count(entry => entry.Importance == Importance.SoSo));
        var tiger = list.Find("tiger");
        Assert.Equal((5, new DateOnly(2023, 5, 8), "2305.05065"), (tiger.Number, tiger.Day, tiger.ArXiv.Single()));
    }

    [Fact]
    public void TheListReadsInTheOrderOfTheFile()
    {
        var list = Parse($"{Good},\n{Good.Replace("1,", "2,").Replace("\"A\"", "\"B\"").Replace("01-a", "02-b")}");
        Assert.Equal(["A", "B"], list.Entries.Select(entry => entry.System));
        Assert.Equal(new DateOnly(2018, 8, 15), list.Entries[0].Day);
    }

    [Theory]
    [InlineData("\"number\": 1", "\"number\": 7", "number is 7, expected 1")]
    [InlineData("2018-08", "August", "'August' is not yyyy-MM")]
    [InlineData("1808.09781", "1808", "'1808' is not of the form")]
    [InlineData("so-so", "meh", "importance")]
    [InlineData("\"remark\": \"\", ", "", "remark")]
    [InlineData("\"remark\"", "\"remarks\"", "remarks")]
    [InlineData("\"title\": \"T\"", "\"title\": null", "title")]
    [InlineData("\"title\": \"T\"", "\"title\": \" \"", "title")]
    [InlineData("1-p/01-a", "../01-a", "is not of the form folder/")]
    public void AWrongRecordIsNamedByFileLineAndReason(string right, string wrong, string reason)
    {
        Assert.Contains(right, Good);
        var error = Assert.Throws<InvalidDataException>(() => Parse(Good.Replace(right, wrong)));
        Assert.Matches(@":3: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void ABrokenFileIsNamedByTheLineThatBreaksIt()
    {
        var error = Assert.Throws<InvalidDataException>(() => Parse($"{Good},\n{{\"number\": }}"));
        Assert.Matches(@"\.json:4: ", error.Message);
    }

    [Fact]
    public void TheTableShowsEveryEntryAndTheTimelineEveryDatedOne()
    {
        var list = ReadingList.Load();
        var text = list.ToTable().ToText();
        Assert.All(list.Entries, entry => Assert.Contains(entry.System, text));
        var figure = list.Timeline();
        var json = figure.ToPlotlyJson();
        Assert.All(
            list.Entries.Where(entry => entry.Day is not null),
            entry => Assert.Contains($"\"{entry.System}\"", json)
        );
        Assert.All(
            list.Entries.Where(entry => entry.Day is null),
            entry => Assert.Contains(entry.System, figure.Caption)
        );
    }

    private static ReadingList Parse(string entries)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, "{\"parts\": [],\n\"entries\": [\n" + entries + "\n]}", Encoding.UTF8);
        try
        {
            return ReadingList.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
