using System.Text;
using CsCheck;
using GenRec.Shared.Reading;
using GenRec.Shared.Tests.Data;

namespace GenRec.Shared.Tests.Reading;

/// <summary>What a reader wrote is never changed: tools put text in, at two kinds of places, and nothing else.</summary>
public sealed class NoteBytesTests : NotesFixture
{
    private const string Odd =
        "---\r\n# my own order\r\nvenue:   # which?\r\ntitle: \"My: title\"\r\nmood: [a,  b]   # kept\r\nid: 05-tiger\r\n"
        + "authors:\r\nyear: \r\nsummary: |\r\n  venue:\r\n  year:\r\ncitekey: ''\r\nstatus: reading\r\n---\r\nText  \r\n\r\n\ttab \u2713 \ud83d\udc2f";

    [Fact]
    public void OnlyEmptyFieldsAreFilledAndAllElseStaysByteForByte()
    {
        Write("05-tiger.md", "\ufeff" + Odd);
        Assert.Equal(["venue", "authors", "year"], Notes.For("tiger").Fill());
        var expected = Odd.Replace("venue:   # which?", "venue: NeurIPS 2023   # which?")
            .Replace("\r\nyear: \r\n", "\r\nyear: 2023 \r\n")
            .Replace("authors:\r\n", $"authors: [{string.Join(", ", Bibliography.Find("2305.05065")!.Authors)}]\r\n");
        Assert.Equal("\ufeff" + expected, Text("05-tiger.md"));
        var note = Notes.For("tiger").Note;
        Assert.Equal(("My: title", 2023, 13), (note.Title, note.Year, note.Authors.Count));
        Assert.Empty(Notes.For("tiger").Fill());
    }

    [Fact]
    public void AFullPageIsNotTouchedByReadingOrFilling()
    {
        Write("05-tiger.md", "---\nid: 05-tiger\nvenue: mine\nnotes: 1\n---\n# T\n");
        var before = (Hash("05-tiger.md"), File.GetLastWriteTimeUtc(In("05-tiger.md")));
        var page = Notes.For("tiger");
        _ = (page.ToHtml(), page.ToText(), page.Fill(), Notes.Read(), NoteExport.ToBook(Notes.Read()));
        Assert.Equal(before, (Hash("05-tiger.md"), File.GetLastWriteTimeUtc(In("05-tiger.md"))));
    }

    [Theory]
    [InlineData("no line end at the end")]
    [InlineData("one\n")]
    [InlineData("two\n\n")]
    [InlineData("windows\r\n")]
    [InlineData("")]
    public void WhatIsAddedStandsBehindWhatWasThere(string text)
    {
        Write("05-tiger.md", text);
        Notes.For("tiger").Add("a thought\nin two lines");
        var after = Text("05-tiger.md");
        Assert.StartsWith(text, after, StringComparison.Ordinal);
        var ends = text.Contains("\r\n") ? "\r\n" : "\n";
        Assert.Matches($@"### \d{{4}}-\d\d-\d\d \d\d:\d\d{ends}{ends}a thought{ends}in two lines{ends}$", after);
        Assert.True(text.Length == 0 || after.Contains($"{ends}{ends}###"), after);
    }

    private static readonly Gen<string> Lines = Any(
        "venue:",
        "year:  ",
        "venue: \"\"",
        "authors:\n  - Me",
        "authors:",
        "arxiv:",
        "arxiv: \"2305.05065\"",
        "mood: {a: 1,   b: [x]}",
        "# a comment: here",
        "citekey: # later",
        "importance:",
        "summary: >-\n  venue:\n  folded",
        "tags: [a,b ,  c]",
        "\"part\":",
        "année: été",
        ""
    );

    private static readonly Gen<string> Bodies = Gen.Select(
            DataGen.Arrays(Any("a", "b", "c", " ", "#", "-", "`", "\n", "\t", ":", "é", "推", "荐"), 0, 60),
            Any("", "## Why do so\n\nmine\n", "---\nvenue:\n---\n")
        )
        .Select((letters, text) => text + string.Concat(letters));

    private static readonly Gen<string> Texts = Gen.Select(
            DataGen.Arrays(Lines, 0, 8),
            Bodies,
            Any("\n", "\r\n"),
            Gen.Int[0, 3]
        )
        .Select(
            (lines, body, end, kind) =>
            {
                var fields = lines.DistinctBy(line => line.Split(':')[0].Trim('"', '#', ' '));
                var matter = $"---\nid: 05-tiger\n{string.Concat(fields.Select(line => line + "\n"))}---\n";
                var text = kind < 3 ? matter + body : "\n" + body;
                return (kind == 1 ? "\ufeff" : "") + text.Replace("\n", end);
            }
        );

    private static Gen<string> Any(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    [Fact]
    public void NoSequenceOfToolsChangesAByteOfTheReaders()
    {
        Gen.Select(Texts, DataGen.Arrays(Gen.Int[0, 4], 1, 6))
            .Sample(
                (text, operations) =>
                {
                    var mine = Encoding.UTF8.GetBytes(text);
                    File.WriteAllBytes(In("05-tiger.md"), mine);
                    foreach (var operation in operations)
                        Use(operation);
                    var after = Bytes("05-tiger.md");
                    Assert.True(IsKept(text, Encoding.UTF8.GetString(after)), Encoding.UTF8.GetString(after));
                    File.Delete(In("05-tiger.md"));
                },
                iter: 150,
                threads: 1
            );
    }

    private void Use(int operation)
    {
        var page = Notes.For("tiger");
        _ = operation switch
        {
            0 => page.Add("a note", 3.5),
            1 => (object)page.Fill(),
            2 => page.Fill(
                new NewNote
                {
                    Title = "T",
                    Id = "05-tiger",
                    Venue = "V: 1",
                    ArXiv = ["2305.05065"],
                }
            ),
            3 => page.ToHtml() + NoteExport.ToBook(Notes.Read()) + NoteExport.ToBibTex(Notes.Read()),
            _ => Notes.Read(),
        };
    }

    /// <summary>
    /// Every line of the old text is there in its order, either the same or, where its field was empty, with a value behind
    /// the colon; and what follows the last of them was added.
    /// </summary>
    private static bool IsKept(string before, string after)
    {
        var old = before.Split('\n');
        var now = after.Split('\n');
        for (var at = 0; at < old.Length; at++)
        {
            var colon = old[at].IndexOf(':');
            var isLast = at == old.Length - 1; // the last line may go on with the line end that it lacked
            var same = now[at] == old[at] || isLast && (old[at].Length == 0 || now[at].TrimEnd('\r') == old[at]);
            var filled =
                colon > 0 && now[at].StartsWith(old[at][..(colon + 1)]) && now[at].EndsWith(old[at][(colon + 1)..]);
            if (!same && !filled)
                return false;
        }
        return true;
    }
}
