using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class DatasetTests
{
    [Fact]
    public void TheCardCountsWhatThereIs() =>
        DataGen.Timed.Sample(all =>
        {
            var card = DataCard.Of("random", all);
            var lengths = Enumerable.Range(0, all.Users).Select(all.ByUser.LengthOf).Order().ToArray();
            Assert.Equal((all.Users, all.ItemCount, all.Count), (card.Users, card.Items, card.Interactions));
            Assert.Equal(lengths.Average(), card.MeanLength, 12);
            Assert.Equal((lengths[lengths.Length / 2] + lengths[(lengths.Length - 1) / 2]) / 2.0, card.MedianLength);
            Assert.Equal((double)all.Count / all.Users / all.ItemCount, card.Density, 12);
            Assert.Equal(all.Count > 0, card.HasTimes);
        });

    [Fact]
    public void TheCardReadsAsATable()
    {
        var card = DataCard.Of(
            "tiny",
            DataGen.Build(
                [
                    [1, 2],
                    [2],
                ],
                [
                    [0, 86_400],
                    [86_400],
                ]
            ),
            ["here", "there"],
            "free"
        );
        var lines = card.ToString().Split('\n');
        Assert.Equal("density        75.0000 %", lines[4]);
        Assert.Equal("times          1970-01-01 to 1970-01-02", lines[6]);
        Assert.Equal("               there", lines[8]);
    }

    [Fact]
    public void AnItemTableOfAnotherLengthIsRefused() =>
        Assert.Throws<ArgumentException>(() =>
            Dataset.Create(
                "x",
                DataGen.Build(
                    [
                        [1, 2],
                    ],
                    null
                ),
                ItemTable.Empty(3)
            )
        );

    [Fact]
    public void TextNumbersListsAndPathsComeBackFromTheTable()
    {
        using var folder = new TempFolder();
        var path = folder.Write(
            "items.jsonl",
            """
            {"id": 2, "title": "B", "price": 3.5, "categories": [["Home > Garden", "Lamps"], ["Gifts"]], "terms": ["a | b", "c"], "flag": true}
            {"id": 1, "title": null, "price": null, "categories": [], "mixed": 5}
            {"id": 3, "mixed": "text"}
            """
        );
        var items = ItemJsonLines.Read(path, 3, ItemJsonLines.ByNumber("id"));

        Assert.Equal([null, "B", null], new[] { 1, 2, 3 }.Select(items.Title));
        Assert.Equal([null, 3.5, null], new[] { 1, 2, 3 }.Select(items.Price));
        Assert.Equal(
            [
                ["Home>Garden", "Lamps"],
                ["Gifts"],
            ],
            items.Categories(2)
        );
        Assert.Empty(items.Categories(1));
        Assert.Equal(["a|b", "c"], items.ListOf(2, "terms"));
        Assert.Equal(("5", "text"), (items.Text(1, "mixed"), items.Text(3, "mixed")));
        Assert.Null(items.Text(1, "no such column"));
        Assert.Null(items.Number(2, ItemTable.TitleColumn));
        Assert.Throws<ArgumentOutOfRangeException>(() => items.Title(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => items.Title(4));
        Assert.Equal(3, items.Frame.Rows.Count);
    }

    [Theory]
    [InlineData("{\"title\": \"x\"}", "does not say which item")]
    [InlineData("{\"id\": 1", "not a JSON object")]
    public void BrokenItemLinesAreNamed(string line, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("items.jsonl", "{\"id\": 1}\n" + line);
        var error = Assert.Throws<DataFormatException>(() => ItemJsonLines.Read(path, 1, ItemJsonLines.ByNumber("id")));
        Assert.Equal(2, error.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ItemsOfATableAreFoundByKey()
    {
        using var folder = new TempFolder();
        var path = folder.Write("items.csv", "id,name,length\nq,Q,\np,P,12\nz,Z,3\np,P2,4\n");
        var report = new ImportReport();
        var items = ItemCsv.Read(path, "id", ["p", "q"], report);
        Assert.Equal(["P", "Q"], new[] { 1, 2 }.Select(item => items.Text(item, "name")));
        Assert.Equal([12.0, null], new[] { 1, 2 }.Select(item => items.Number(item, "length")));
        Assert.Equal((1, 1), (report.Unknown, report.Duplicates));
    }

    [Theory]
    [InlineData("1\tA\n", "Number 2 has no name")]
    [InlineData("1\tA\n1\tB\n", "has the name 'A' already")]
    [InlineData("1\tA\n3\tB\n", "outside 1..2")]
    [InlineData("1 A\n", "no tab")]
    [InlineData("one\tA\n", "not a whole number")]
    public void BrokenKeyFilesAreNamed(string text, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("keys.tsv", text);
        Assert.Contains(
            message,
            Assert.Throws<DataFormatException>(() => KeyFile.Read(path, 2)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void AMissingSetSaysWhereItWasSoughtAndWhatToDo()
    {
        var error = Assert.Throws<DirectoryNotFoundException>(() => DataFolders.Find("no-such-set", "a.txt"));
        Assert.All(
            DataFolders.Roots,
            root => Assert.Contains(Path.Combine(root, "no-such-set"), error.Message, StringComparison.Ordinal)
        );
        Assert.Contains("genrec data get no-such-set", error.Message, StringComparison.Ordinal);
        Assert.Contains(DataFolders.Variable, error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "amazon14-beauty",
            Assert.Throws<ArgumentException>(() => PublicDatasets.Load("beauty")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void TheDataRoomLoadsNoTensorLibrary()
    {
        var room = typeof(Dataset)
            .Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("GenRec.Shared.Data", StringComparison.Ordinal) == true);
        var signatures = room.SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType));
        Assert.DoesNotContain(
            signatures,
            type => type.FullName?.StartsWith("TorchSharp", StringComparison.Ordinal) == true
        );
    }
}
