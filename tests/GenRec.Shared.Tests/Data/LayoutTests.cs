using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

/// <summary>The layouts of LC-Rec, LETTER and MiniOneRec.</summary>
public class LayoutTests
{
    [Fact]
    public void InteractionsItemsAndIndexOfLcRecFitTogether()
    {
        using var folder = new TempFolder();
        var inter = folder.WriteGzip("X.inter.json.gz", """{"0": [0, 2], "1": [1, 2, 1]}""");
        var item = folder.Write(
            "X.item.json",
            """{"0": {"title": "zero", "price": 2}, "2": {"title": "two"}, "9": {}}"""
        );
        var index = folder.Write("X.index.json", """{"1": ["<a_5>", "<b_6>"], "0": ["<a_1>", "<b_2>"], "2": [5, 6]}""");

        var (read, _) = LcRecFiles.ReadInteractions(inter);
        var report = new ImportReport();
        var items = LcRecFiles.ReadItems(item, read.ItemCount, report: report);
        var codes = ItemCodesFile.ReadIndexJson(index, read.ItemCount);

        Assert.Equal(["0: 0 2", "1: 1 2 1"], DataGen.Rows(read));
        Assert.Equal(["zero", null, "two"], new[] { 1, 2, 3 }.Select(items.Title));
        Assert.Equal((2.0, 1), (items.Price(1), report.Unknown));
        Assert.Equal([1, 2, 5, 6, 5, 6], codes.Codes.ToArray());
        Assert.Equal((2, 2, 2), (codes.Levels, codes.DistinctOn(1), codes.SharedItems()));
    }

    [Fact]
    public void LargeObjectsAreReadPieceByPiece()
    {
        using var folder = new TempFolder();
        var users = Enumerable.Range(0, 5000).Select(user => $"\"{user}\": [{user % 7}, {user % 11}, {user % 13}]");
        var path = folder.WriteGzip("X.inter.json.gz", "{\n" + string.Join(",\n", users) + "\n}");
        var (read, report) = LcRecFiles.ReadInteractions(path);
        Assert.Equal((5000, 15_000, 5000), (read.Users, read.Count, report.Lines));
        Assert.Equal([4999 % 7 + 1, 4999 % 11 + 1, 4999 % 13 + 1], read.ItemsOf(4999).ToArray());
    }

    [Theory]
    [InlineData("{\"0\": [0],\n\"1\": [0,\n", 3, "JSON is broken")]
    [InlineData("[1]", 1, "need an object")]
    [InlineData("{\"0\": [0],\n\"1\": [-1]}", 2, "start at 0")]
    [InlineData("{\"0\": [0],\n\"1\": [\"x\"]}", 2, "not a whole number")]
    [InlineData("{\"0\": [0],\n\"0\": [1]}", 2, "occurs again")]
    [InlineData("{\"0\": 5}", 1, "no list")]
    [InlineData("", 1, "JSON is broken")]
    [InlineData("{}", 0, "not a single event")]
    public void BrokenInteractionsAreNamed(string text, long line, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("X.inter.json", text);
        var error = Assert.Throws<DataFormatException>(() => LcRecFiles.ReadInteractions(path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, line), (error.File, error.Line));
    }

    [Theory]
    [InlineData("""{"0": ["<a_1>"]}""", "Item 2 (from 1) has no codes")]
    [InlineData("""{"0": ["<a_1>"], "1": ["<a_1>", "<b_1>"]}""", "2 codes; the items before have 1")]
    [InlineData("""{"0": ["<b_1>"], "1": ["<a_1>"]}""", "no code of level 1")]
    [InlineData("""{"0": ["<a_x>"], "1": ["<a_1>"]}""", "no code of level 1")]
    [InlineData("""{"0": [1], "7": [1]}""", "outside the 2 items")]
    [InlineData("""{"0": [1], "0": [1]}""", "has codes already")]
    [InlineData("""{"zero": [1]}""", "not an item number")]
    public void BrokenCodesAreNamed(string text, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("X.index.json", text);
        var error = Assert.Throws<DataFormatException>(() => ItemCodesFile.ReadIndexJson(path, 2));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CodesAreReadFromTables()
    {
        using var folder = new TempFolder();
        var path = folder.Write("sids.tsv", "2\t7 8\n1\t5 6\n");
        Assert.Equal([5, 6, 7, 8], ItemCodesFile.ReadTable(path, 2).Codes.ToArray());
        var broken = folder.Write("broken.tsv", "1\t5 x\n");
        Assert.Equal(1, Assert.Throws<DataFormatException>(() => ItemCodesFile.ReadTable(broken, 1)).Line);
    }

    [Fact]
    public void MiniOneRecRowsBecomeCases()
    {
        using var folder = new TempFolder();
        var header = "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n";
        var train = folder.Write(
            "train.csv",
            header + "A2,\"['a, b', \"\"it's\"\"]\",t,\"['0', '3']\",2,\"['<a_1>']\",<a_2>\n"
        );
        var test = folder.Write("test.csv", header + "A1,[],t,[2],0,[],x\nA2,[],t,\"[0, 3, 2]\",1,[],x\n");

        var reader = new CaseReader(itemCount: 4);
        var (first, second) = (reader.Read(train, CaseColumns.MiniOneRec), reader.Read(test, CaseColumns.MiniOneRec));

        Assert.Equal(["A2", "A1"], reader.UserKeys);
        Assert.Equal([1, 4], first.Histories[0].ToArray());
        Assert.Equal([3], first.Targets);
        Assert.Equal([1, 0], second.Users);
        Assert.Equal([1, 4, 3], second.Histories[1].ToArray());
        Assert.Equal(3, reader.Report.Lines);
    }

    [Theory]
    [InlineData("u\t1 2\tx\n", "'x' is not a whole number")]
    [InlineData("u\t1 9\t2\n", "outside 0..3")]
    [InlineData("u\t-1\t2\n", "outside 0..3")]
    [InlineData("u\t[1, 2\t2\n", "not a list")]
    [InlineData("\t1\t2\n", "user is empty")]
    [InlineData("u\t1\n", "columns")]
    public void BrokenCasesAreNamed(string row, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("cases.tsv", "u\t0\t1\n" + row);
        var error = Assert.Throws<DataFormatException>(() =>
            new CaseReader(4).Read(path, CaseColumns.ByPosition, '\t', false)
        );
        Assert.Equal((path, 2L), (error.File, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RepeatedCasesAreReported()
    {
        using var folder = new TempFolder();
        var path = folder.Write("cases.tsv", "u\t0\t1\nu\t0\t1\n");
        var reader = new CaseReader(4);
        Assert.Equal(2, reader.Read(path, CaseColumns.ByPosition, '\t', false).Count);
        Assert.Equal((1, 2L), (reader.Report.Duplicates, reader.Report.Examples[0].Line));
        var first = new CaseReader(4, options: new ImportOptions { Duplicates = DuplicateEvents.KeepFirst });
        Assert.Equal(1, first.Read(path, CaseColumns.ByPosition, '\t', false).Count);
    }
}
