using System.Text.Json;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public sealed class NoteExportTests : NotesFixture
{
    [Fact]
    public void TheBibliographyKnowsEveryWorkOfTheReadingList()
    {
        foreach (var entry in ReadingList.Load().Entries)
        foreach (var number in entry.ArXiv)
        {
            var work = Bibliography.Find(number);
            Assert.True(work is { Authors.Count: > 0, Year: > 2000 }, number);
            if (entry.Kind == ReadingKind.Paper)
                Assert.Equal(
                    (entry.Title, entry.Venue),
                    (work!.Title, work.Venue is null ? null : $"{work.Venue} {work.Year}")
                );
        }
        Assert.Equal(Bibliography.Works.Count, Bibliography.Works.Select(work => work.ArXiv).Distinct().Count());
    }

    [Fact]
    public void BibTexHoldsEveryWorkOnceWithZoterosKeys()
    {
        foreach (var entry in ReadingList.Load().Entries)
            Notes.For(entry.System);
        var bibtex = NoteExport.ToBibTex(Notes.Read());
        var keys = bibtex.Split('\n').Where(line => line.StartsWith('@')).Select(line => line.Split('{')[1]).ToArray();
        Assert.Equal(Bibliography.Works.Count, keys.Length); // each technique stands for two works, the question for none
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Contains("@inproceedings{kangSelfAttentiveSequential2018,", bibtex);
        Assert.Contains("title = {{BERT4Rec:} Sequential Recommendation", bibtex);
        Assert.Contains("author = {De Cao, Nicola and Izacard, Gautier and", bibtex);
        Assert.Contains("author = {{OneRec Team}}", bibtex);
        Assert.Contains("Keshavan, Raghunandan and others}", bibtex);
        Assert.Contains("booktitle = {NeurIPS}", bibtex);
        Assert.Contains("journal = {TMLR}", bibtex);
        Assert.Contains("eprint = {2305.05065}", bibtex);
        Assert.Equal(bibtex.Count(letter => letter == '{'), bibtex.Count(letter => letter == '}'));
    }

    [Fact]
    public void TheReadersFrontMatterIsWhatCounts()
    {
        Write(
            "05-tiger.md",
            "---\nid: 05-tiger\ntitle: 50% of _me_ & {you}\nauthors: [Zoë Müller]\nyear: 2024\ncitekey: \"@mine\"\narxiv: \"2305.05065\"\n---\n"
        );
        var bibtex = NoteExport.ToBibTex(Notes.Read());
        Assert.Contains("@misc{mine,", bibtex);
        Assert.Contains(@"title = {50\% of \_me\_ \& \{you\}}", bibtex);
        Assert.Contains("author = {Müller, Zoë}", bibtex);
    }

    [Fact]
    public void TheBookHoldsEveryTextWithItsHeadingsBelowTheChapters()
    {
        Notes.For("sasrec");
        Write("05-tiger.md", "---\nid: 05-tiger\ntitle: TIGER\n---\n# TIGER\n\n## Why\n\n```sh\n# code\n```\n\nmine\n");
        var book = NoteExport.ToBook(Notes.Read());
        Assert.Contains("\n## TIGER\n", book);
        Assert.Contains("\n### Why\n\n```sh\n# code\n```\n\nmine\n", book);
        Assert.Contains("(#05-tiger)", book);
        Assert.Single(book.Split('\n'), line => line.StartsWith("# ") && line != "# code");
    }

    [Fact]
    public void JsonHoldsFrontMatterAndText()
    {
        Notes.For("tiger").Add("a thought");
        using var json = JsonDocument.Parse(NoteExport.ToJson(Notes.Read()));
        var note = json.RootElement.GetProperty("notes")[0];
        Assert.Equal("05-tiger.md", note.GetProperty("file").GetString());
        Assert.Equal("seminal", note.GetProperty("importance").GetString());
        Assert.Equal("to-read", note.GetProperty("status").GetString());
        Assert.Equal("2023-05-08", note.GetProperty("date").GetString());
        Assert.Contains("a thought", note.GetProperty("markdown").GetString());
    }

    [Theory]
    [InlineData(
        "Shashank Rajput",
        "Recommender Systems with Generative Retrieval",
        2023,
        "rajputRecommenderSystemsGenerative2023"
    )]
    [InlineData("Nicola De Cao", "Autoregressive Entity Retrieval", 2021, "decaoAutoregressiveEntityRetrieval2021")]
    [InlineData("Wang-Cheng Kang", "Self-Attentive Sequential Recommendation", 2018, "kangSelfAttentiveSequential2018")]
    [InlineData("Zoë Müller", "Über die Où", 2020, "mullerUberOu2020")]
    [InlineData("OneRec Team", "OneRec Technical Report", 2025, "onerecteamOneRecTechnicalReport2025")]
    public void CitationKeysAreThoseOfBetterBibTex(string author, string title, int year, string key) =>
        Assert.Equal(key, CiteKey.Of([author], title, year));
}
