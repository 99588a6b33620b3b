using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Tests.Data;

public class SequenceTextTests
{
    [Fact]
    public void ALineAUserAndALineAnEventMeanTheSame()
    {
        using var folder = new TempFolder();
        var lines = folder.Write("lines.txt", "7 1 3 2\n9 2\n");
        var events = folder.WriteGzip("events.txt.gz", "7 1\r\n7 3\r\n7 2\r\n\r\n9\t2");

        var (a, _) = SequenceText.Read(lines, form: SequenceForm.LinePerUser);
        var (b, report) = SequenceText.Read(events, form: SequenceForm.LinePerEvent);

        Assert.Equal(["7: 1 3 2", "9: 2"], DataGen.Rows(a));
        Assert.Equal(DataGen.Rows(a), DataGen.Rows(b));
        Assert.Equal((4, 0, 0), (report.Lines, report.Malformed, report.Duplicates));
    }

    [Fact]
    public void WhatIsWrittenIsReadBack() =>
        DataGen
            .Timed.Where(all => all.Count > 0)
            .Sample(
                all =>
                {
                    using var folder = new TempFolder();
                    var (items, times) = (new StringWriter(), new StringWriter());
                    SequenceText.Write(all, items, times);
                    var (read, _) = SequenceText.Read(
                        folder.Write("items.txt", items.ToString()),
                        folder.WriteGzip("times.txt.gz", times.ToString()),
                        SequenceForm.LinePerUser
                    );

                    var written = InteractionFilters.Compact(all).Interactions;
                    Assert.Equal(written.UserKeys, read.UserKeys);
                    for (var user = 0; user < read.Users; user++)
                    {
                        Assert.Equal(
                            written.ItemsOf(user).ToArray().Select(i => written.ItemKeys![i - 1]),
                            ItemTexts(read, user)
                        );
                        Assert.Equal(written.TimesOf(user).ToArray(), read.TimesOf(user).ToArray());
                    }
                },
                iter: 50
            );

    [Theory]
    [InlineData("1 2 3\n2 x 4\n", 2, "'x' is not a whole number")]
    [InlineData("1 2 3\n2 0\n", 2, "start at 1")]
    [InlineData("1 -2\n", 1, "start at 1")]
    [InlineData("1 99999999999\n", 1, "not a whole number")]
    [InlineData("1 2\n\n5\n", 3, "stands alone")]
    [InlineData("1 2 3\n2 3\n1 4 5\n", 3, "a line already")]
    public void ABrokenLineIsNamed(string text, long line, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("broken.txt", text);

        var error = Assert.Throws<DataFormatException>(() => SequenceText.Read(path));

        Assert.Equal((path, line), (error.File, error.Line));
        Assert.StartsWith($"{path}:{line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALineOfAnEventHasTwoColumns()
    {
        using var folder = new TempFolder();
        var path = folder.Write("events.txt", "1 2\n1 3 4\n");
        var error = Assert.Throws<DataFormatException>(() => SequenceText.Read(path, form: SequenceForm.LinePerEvent));
        Assert.Equal(2, error.Line);
    }

    [Fact]
    public void SkippedLinesAreCountedAndQuoted()
    {
        using var folder = new TempFolder();
        var path = folder.Write("some.txt", "1 2 3\nbroken\n2 1\nworse\n");
        var options = new ImportOptions
        {
            ItemIds = ItemIds.AsGiven,
            Malformed = MalformedLines.Skip,
            Examples = 1,
        };

        var (read, report) = SequenceText.Read(path, options: options);

        Assert.Equal(["1: 2 3", "2: 1"], DataGen.Rows(read));
        Assert.Equal((4, 2), (report.Lines, report.Malformed));
        Assert.Equal(2, Assert.Single(report.Examples).Line);
        Assert.Contains("1 more of this kind", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 10 5\n", "run backwards")]
    [InlineData("1 10\n", "fewer times")]
    [InlineData("1 10 20 30\n", "more times")]
    [InlineData("1 10 now\n", "not a time")]
    [InlineData("2 10 20\n", "is user '1'")]
    [InlineData("", "end before")]
    [InlineData("1 10 20\n3 4\n", "More lines")]
    public void TimesMustFitTheSequences(string times, string message)
    {
        using var folder = new TempFolder();
        var (items, clock) = (folder.Write("items.txt", "1 1 2\n"), folder.Write("times.txt", times));
        var error = Assert.Throws<DataFormatException>(() => SequenceText.Read(items, clock));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(clock, error.File);
    }

    [Fact]
    public void MissingEmptyAndTruncatedFilesAreNamed()
    {
        using var folder = new TempFolder();
        var missing = folder.PathOf("missing.txt");
        Assert.Contains(
            missing,
            Assert.Throws<FileNotFoundException>(() => SequenceText.Read(missing)).Message,
            StringComparison.Ordinal
        );
        var empty = folder.Write("empty.txt", "\n");
        Assert.Contains(
            "not a single event",
            Assert.Throws<DataFormatException>(() => SequenceText.Read(empty)).Message,
            StringComparison.Ordinal
        );
        var text = string.Concat(
            Enumerable.Range(1, 3000).Select(user => $"{user} {user * 7 % 91 + 1} {user * 3 % 89 + 1}\n")
        );
        var cut = folder.WriteGzip("cut.txt.gz", text, cutAfter: 4000);
        Assert.Contains(
            "cut off or broken",
            Assert.Throws<DataFormatException>(() => SequenceText.Read(cut)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ScatteredItemNumbersAskForNewIds()
    {
        using var folder = new TempFolder();
        var path = folder.Write("far.txt", "1 2000000000 5\n");
        var error = Assert.Throws<DataFormatException>(() => SequenceText.Read(path));
        Assert.Contains(nameof(ItemIds.InOrderOfAppearance), error.Message, StringComparison.Ordinal);

        var (read, _) = SequenceText.Read(path, options: new ImportOptions());
        Assert.Equal(["2000000000", "5"], read.ItemKeys);
        Assert.Equal([1, 2], read.ItemsOf(0).ToArray());
    }

    [Fact]
    public void NumbersFromZeroMoveUpByOneAndStayAsKeys()
    {
        using var folder = new TempFolder();
        var path = folder.Write("zero.txt", "0 0 2\n1 1\n");
        var (read, _) = SequenceText.Read(path, options: new ImportOptions { ItemIds = ItemIds.AsGivenFromZero });
        Assert.Equal([1, 3], read.ItemsOf(0).ToArray());
        Assert.Equal(["0", "1", "2"], read.ItemKeys);
    }

    private static IEnumerable<string> ItemTexts(Interactions interactions, int user) =>
        interactions.ItemsOf(user).ToArray().Select(item => $"{item}");
}
