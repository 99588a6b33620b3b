using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class InteractionCsvTests
{
    [Fact]
    public void WhatIsWrittenIsReadBack() =>
        DataGen
            .Timed.Where(all => all.Count > 0)
            .Sample(
                all =>
                {
                    using var folder = new TempFolder();
                    var text = new StringWriter();
                    InteractionCsv.Write(all, text);
                    var (read, report) = InteractionCsv.Read(folder.WriteGzip("all.csv.gz", text.ToString()));

                    Assert.Equal(DataGen.Rows(InteractionFilters.Compact(all).Interactions), DataGen.Rows(read));
                    Assert.Equal(all.Count, report.Lines);
                },
                iter: 50
            );

    [Fact]
    public void RowsAreSortedByTimeAndTiesKeepFileOrder()
    {
        using var folder = new TempFolder();
        var path = folder.Write("log.csv", "user_id,item_id,timestamp\nb,x,20\na,p,5\nb,y,10\nb,z,20\nb,w,10\n");
        Assert.Equal(["b: y@10 w@10 x@20 z@20", "a: p@5"], DataGen.Rows(InteractionCsv.Read(path).Interactions));
        var reversed = new ImportOptions { Ties = TieOrder.Reversed };
        Assert.Equal(
            "b: w@10 y@10 z@20 x@20",
            DataGen.Rows(InteractionCsv.Read(path, options: reversed).Interactions)[0]
        );
    }

    [Fact]
    public void QuotedNamesExtraColumnsAndRecBoleHeadersAreUnderstood()
    {
        using var folder = new TempFolder();
        var quoted = folder.Write(
            "a.csv",
            "user_id,item_id,timestamp,note,rating\n\"Doe, J\",\"say \"\"hi\"\"\",3,good,4.5\nx,y,4,bad,\n"
        );
        var (a, _) = InteractionCsv.Read(quoted);
        Assert.Equal("Doe, J", a.UserKeys![0]);
        Assert.Equal("say \"hi\"", a.ItemKeys![0]);
        Assert.Equal([4.5f, float.NaN], Assert.Single(a.Feedback).Value);

        var recBole = folder.Write("b.inter", "user_id:token\titem_id:token\ttimestamp:float\nu\ti\t12.9\n");
        Assert.Equal(["u: i@12"], DataGen.Rows(InteractionCsv.Read(recBole, separator: '\t').Interactions));

        var bare = folder.Write("c.csv", "5,2020-01-02T00:00:10Z,8\n");
        var columns = new InteractionColumns
        {
            User = "0",
            Item = "2",
            Time = "1",
            TimeFormat = TimeFormat.Iso8601,
        };
        Assert.Equal(
            ["5: 8@1577923210"],
            DataGen.Rows(InteractionCsv.Read(bare, columns, hasHeader: false).Interactions)
        );
    }

    [Theory]
    [InlineData("u,i,1\nu,j\n", 3, "2 columns, need 3")]
    [InlineData("u,i,1\nu,j,2,3\n", 3, "4 columns, need 3")]
    [InlineData("u,i,soon\n", 2, "'soon' is not a time")]
    [InlineData(",i,1\n", 2, "user is empty")]
    [InlineData("u,,1\n", 2, "item is empty")]
    [InlineData("u,i,1\nu,\"j\"x,2\n", 3, "quotation")]
    public void ABrokenRowIsNamed(string rows, long line, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("broken.csv", "user_id,item_id,timestamp\n" + rows);
        var error = Assert.Throws<DataFormatException>(() => InteractionCsv.Read(path));
        Assert.Equal((path, line), (error.File, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingColumnNamesThoseThereAre()
    {
        using var folder = new TempFolder();
        var path = folder.Write("log.csv", "uid,item_id,timestamp\n1,2,3\n");
        var error = Assert.Throws<DataFormatException>(() => InteractionCsv.Read(path));
        Assert.Contains("'user_id'. There are: uid, item_id, timestamp", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user_id,item_id,timestamp\n")]
    public void AnEmptyTableIsAnError(string text)
    {
        using var folder = new TempFolder();
        var path = folder.Write("empty.csv", text);
        Assert.Equal(path, Assert.Throws<DataFormatException>(() => InteractionCsv.Read(path)).File);
    }

    [Fact]
    public void ATruncatedGzipIsAnError()
    {
        using var folder = new TempFolder();
        var text =
            "user_id,item_id,timestamp\n"
            + string.Concat(Enumerable.Range(1, 9000).Select(i => $"u{i % 97},i{i * i % 1013},{i}\n"));
        var path = folder.WriteGzip("cut.csv.gz", text, cutAfter: 20_000);
        Assert.Contains(
            "cut off or broken",
            Assert.Throws<DataFormatException>(() => InteractionCsv.Read(path)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(DuplicateEvents.Keep, DuplicateMeaning.SameItemAndTime, 1, "u: a@1 b@2 a@3 a@3")]
    [InlineData(DuplicateEvents.Keep, DuplicateMeaning.SameItem, 2, "u: a@1 b@2 a@3 a@3")]
    [InlineData(DuplicateEvents.KeepFirst, DuplicateMeaning.SameItemAndTime, 1, "u: a@1 b@2 a@3")]
    [InlineData(DuplicateEvents.KeepFirst, DuplicateMeaning.SameItem, 2, "u: a@1 b@2")]
    [InlineData(DuplicateEvents.KeepLast, DuplicateMeaning.SameItem, 2, "u: b@2 a@3")]
    public void DuplicatesFollowThePolicyAndAreReported(
        DuplicateEvents policy,
        DuplicateMeaning meaning,
        int count,
        string row
    )
    {
        using var folder = new TempFolder();
        var path = folder.Write("log.csv", "user_id,item_id,timestamp\nu,a,1\nu,b,2\nu,a,3\nu,a,3\n");
        var options = new ImportOptions { Duplicates = policy, DuplicateMeaning = meaning };

        var (read, report) = InteractionCsv.Read(path, options: options);

        Assert.Equal([row], DataGen.Rows(read));
        Assert.Equal(count, report.Duplicates);
        Assert.Equal((path, 5), (report.Examples[^1].File, report.Examples[^1].Line));
    }

    [Fact]
    public void ForbiddenDuplicatesStopTheImport()
    {
        using var folder = new TempFolder();
        var path = folder.Write("log.csv", "user_id,item_id,timestamp\nu,a,1\nu,a,1\n");
        var options = new ImportOptions { Duplicates = DuplicateEvents.Fail };
        Assert.Equal(3, Assert.Throws<DataFormatException>(() => InteractionCsv.Read(path, options: options)).Line);
    }
}
