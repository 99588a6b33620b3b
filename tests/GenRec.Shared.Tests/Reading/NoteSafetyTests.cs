using System.Text;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public sealed class NoteSafetyTests : NotesFixture
{
    [Fact]
    public void AnEditDuringAWriteStaysAndWhatWasToBeAddedIsKeptBesideIt()
    {
        Write("05-tiger.md", "---\nid: 05-tiger\nvenue:\n---\nmine\n");
        Notes.Meanwhile = () => File.AppendAllText(In("05-tiger.md"), "saved by an editor\n");
        var page = Notes.For("tiger");
        var error = Assert.Throws<NoteConflictException>(() => page.Add("a precious thought"));
        Assert.Equal("---\nid: 05-tiger\nvenue:\n---\nmine\nsaved by an editor\n", Text("05-tiger.md"));
        var kept = Files().Single(file => file != "05-tiger.md");
        Assert.Contains("a precious thought", Text(kept));
        Assert.Contains(kept, error.Message);
        Assert.Throws<NoteConflictException>(() => page.Fill());
        Assert.DoesNotContain("NeurIPS", Text("05-tiger.md"));

        Notes.Meanwhile = null;
        page.Add("a precious thought");
        Assert.Contains("saved by an editor\n\n### ", Text("05-tiger.md"));
    }

    [Fact]
    public void ANoteThatIsDeletedDuringAWriteIsNotMadeAgain()
    {
        Notes.For("tiger");
        Notes.Meanwhile = () => File.Delete(In("05-tiger.md"));
        Assert.Throws<NoteConflictException>(() => Notes.For("tiger").Add("x"));
        Assert.DoesNotContain("05-tiger.md", Files());
    }

    [Fact]
    public void AWriteThatFailsLeavesTheOldFileAndNothingElse()
    {
        Notes.For("tiger");
        var before = Hash("05-tiger.md");
        Notes.Meanwhile = () => throw new IOException("the disk is gone");
        Assert.Throws<IOException>(() => Notes.For("tiger").Add("x"));
        Assert.Equal(before, Hash("05-tiger.md"));
        Assert.Equal(["05-tiger.md"], Files());
    }

    [Fact]
    public void WhatAKilledWriteLeftIsTidiedAndAnEditAmongItIsKept()
    {
        Notes.For("tiger");
        var own = NoteText.HashOf(Bytes("05-tiger.md"))[..16];
        File.Copy(In("05-tiger.md"), In($"05-tiger.md.{own}.displaced"));
        Write($"05-tiger.md.{new string('a', 16)}.displaced", "an edit of the last moment");
        Write($"05-tiger.md.{Guid.NewGuid():N}.unfinished", "half");
        Write("05-tiger.md.backup.tmp", "the reader's own");
        Notes.For("tiger").Add("x");
        Assert.Equal("an edit of the last moment", Text(Files().Single(file => file.Contains("edited-meanwhile"))));
        Assert.Equal("the reader's own", Text("05-tiger.md.backup.tmp"));
        Assert.Equal(3, Files().Count());
    }

    [Fact]
    public void ALinkInAVaultStaysALink()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right of their own there.");
        Directory.CreateDirectory(In(".elsewhere"));
        Write(".elsewhere/real.md", "---\nid: 05-tiger\nvenue:\n---\n");
        File.CreateSymbolicLink(In("05-tiger.md"), In(".elsewhere", "real.md"));
        Notes.For("tiger").Add("x");
        Notes.For("tiger").Fill();
        Assert.Equal(In(".elsewhere", "real.md"), File.ResolveLinkTarget(In("05-tiger.md"), true)!.FullName);
        Assert.Contains("venue: NeurIPS 2023", Text(".elsewhere/real.md"));
    }

    [Theory]
    [InlineData("---\nid: 05-tiger\ntitle: EAGER: Two-Stream\n---\n", 3, "quotes")]
    [InlineData("---\nid: 05-tiger\nstatus: read\n\ntext without an end\n", 1, "never closes")]
    [InlineData("---\nid: 05-tiger\nstatus: read\nstatus: reading\n---\n", 4, "twice")]
    [InlineData("---\nid: 05-tiger\nstatus: reeding\n---\n", 3, "to-read, reading, read or reproduced")]
    [InlineData("---\nid: 05-tiger\nimportance: big\n---\n", 3, "seminal, novel or so-so")]
    [InlineData("---\nid: 05-tiger\nyear: soon\n---\n", 3, "a year")]
    [InlineData("---\nid: 05-tiger\ndate: 2023-13-01\n---\n", 3, "a day")]
    [InlineData("---\n- a list\n---\n", 2, "expected fields")]
    [InlineData("---\nid: 05-tiger\ntags: [a, b\n---\n", 4, "front matter")]
    public void ABrokenFrontMatterIsNamedByFileAndLineAndNothingIsLost(string text, int line, string reason)
    {
        Write("05-tiger.md", text);
        Notes.For("sasrec");
        var problem = Assert.Single(Notes.Read().Problems);
        Assert.StartsWith($"{In("05-tiger.md")}:{line}: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.Message);
        Assert.Equal(problem.Message, Assert.Throws<InvalidDataException>(() => Notes.For("tiger")).Message);
        Assert.Equal(text, Text("05-tiger.md"));
        Assert.Equal("01-sasrec", Assert.Single(Notes.Read().Notes).Id); // the others can be used
    }

    [Fact]
    public void ABrokenFileUnderAnotherNameStillCountsAsItsPaper()
    {
        Write("mine.md", "---\nid: 05-tiger\ntitle: a: b\n---\n");
        Assert.Contains("mine.md:3", Assert.Throws<InvalidDataException>(() => Notes.For("tiger")).Message);
        Assert.Equal(["mine.md"], Files());
    }

    [Fact]
    public void TextThatIsNotUtf8IsNamedByFileAndLine()
    {
        var latin = Encoding.Latin1.GetBytes("---\nid: 05-tiger\n---\n\ncafé\n");
        File.WriteAllBytes(In("05-tiger.md"), latin);
        var error = Assert.Throws<InvalidDataException>(() => Notes.For("tiger").Add("x"));
        Assert.Contains("05-tiger.md:5: byte 0xE9 is not UTF-8", error.Message);
        Assert.Equal(latin, Bytes("05-tiger.md"));
    }

    [Fact]
    public void TwoNotesOfOneIdAreRefusedByFileAndLine()
    {
        Write("a.md", "---\narxiv: \"2601.01234\"\nid: foo\n---\n");
        Write("b.md", "---\nid: foo\narxiv: \"2601.09999\"\n---\n");
        var problem = Assert.Single(Notes.Read().Problems);
        Assert.Contains($"{In("a.md")}:3 and {In("b.md")}:2: the id 'foo' names two notes", problem.Message);
        Assert.Throws<InvalidDataException>(() => Notes.For("foo"));
    }

    [Fact]
    public void ToolsThatAddAtTheSameTimeAddOneAfterTheOther()
    {
        Notes.For("tiger");
        Parallel.For(0, 12, i => NoteFolder.Open(Folder).For("tiger").Add($"thought number {i}."));
        Assert.All(Enumerable.Range(0, 12), i => Assert.Contains($"thought number {i}.", Text("05-tiger.md")));
        Assert.Equal(["05-tiger.md"], Files());
    }
}
