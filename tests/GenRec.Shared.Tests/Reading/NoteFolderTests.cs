using GenRec.Shared.Plotting;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public sealed class NoteFolderTests : NotesFixture
{
    [Fact]
    public void TheFirstUseMakesAPageFromTheReadingList()
    {
        var note = Notes.For("tiger").Note;
        Assert.Equal(["05-tiger.md"], Files());
        Assert.Equal("Recommender Systems with Generative Retrieval", note.Title);
        Assert.Equal(("05-tiger", "TIGER", 2023, "NeurIPS 2023"), (note.Id, note.Name, note.Year, note.Venue));
        Assert.Equal(("Shashank Rajput", 13), (note.Authors[0], note.Authors.Count));
        Assert.Equal(["2305.05065"], note.ArXiv);
        Assert.Equal(["rajputRecommenderSystemsGenerative2023"], note.CiteKeys);
        Assert.Equal((Importance.Seminal, ReadingStatus.ToRead), (note.Importance, note.Status));
        Assert.Equal(["paper", "semantic-ids"], note.Tags);
        Assert.Equal(new DateOnly(2023, 5, 8), note.Date);
        foreach (var heading in new[] { "Why do so", "How to do", "What can I do", "Open questions", "Links" })
            Assert.Contains($"\n## {heading}\n", Text("05-tiger.md"));
        Assert.Contains("https://arxiv.org/abs/2305.05065", Text("05-tiger.md"));
    }

    [Theory]
    [InlineData("TIGER")]
    [InlineData("5")]
    [InlineData("05-tiger")]
    [InlineData("2305.05065")]
    [InlineData("Tiger")]
    public void APaperGoesByManyNames(string name) => Assert.Equal("05-tiger", Notes.For(name).Note.Id);

    [Fact]
    public void EveryEntryOfTheListGetsANoteThatReadsBack()
    {
        foreach (var entry in ReadingList.Load().Entries)
        {
            var note = Notes.For(entry.System).Note;
            Assert.Equal((entry.Title, entry.System, entry.Venue), (note.Title, note.Name, note.Venue));
            Assert.Equal((entry.Day, entry.Importance, entry.Part), (note.Date, note.Importance, note.Part));
            Assert.Equal(entry.ArXiv, note.ArXiv);
            Assert.True(entry.Kind != ReadingKind.Paper || note.Authors.Count > 0, entry.System);
        }
        Assert.Empty(Notes.Read().Problems);
        Assert.Equal(29, Notes.Read().Notes.Count);
    }

    [Fact]
    public void AReadersOwnFileIsThePaperWhateverItIsCalled()
    {
        Directory.CreateDirectory(In("done"));
        Write("done/@rajput2023.md", "---\ncitekey: rajput2023\narxiv: \"2305.05065\"\nstatus: read\n---\nmine\n");
        Assert.Equal(In("done", "@rajput2023.md"), Notes.For("tiger").Path);
        Write("01-sasrec.md", "# just my text, no front matter\n");
        Assert.Equal(In("01-sasrec.md"), Notes.For("SASRec").Path);
        Assert.Equal(2, Files().Count());
    }

    [Fact]
    public void OtherFilesOfAVaultAreLeftAlone()
    {
        Directory.CreateDirectory(In(".obsidian"));
        Write(".obsidian/template.md", "---\nid: {{id}}\narxiv: x\n---\n");
        Write("README.md", "# notes\n");
        Write("shopping.md", "---\ntags: [home]\n---\nbread\n");
        Write("broken.md", "---\ntitle: a: b\nid: else\n---\nan arxiv: in the text\n");
        File.WriteAllBytes(In("latin.md"), [(byte)'a', 0xE9]);
        var shelf = Notes.Read();
        Assert.Empty(shelf.Notes);
        Assert.Empty(shelf.Problems);
    }

    [Fact]
    public void APaperThatIsNotOnTheListIsMadeOfflineAndStandsOnTheTimeline()
    {
        var page = Notes.New(new NewNote { ArXiv = ["2601.01234"], Title = "Foo: A Bar for Recommendation" });
        Assert.Equal("foo", page.Note.Id);
        Assert.Equal(new DateOnly(2026, 1, 15), page.Note.Date);
        Assert.Equal(["FooBarRecommendation2026"], page.Note.CiteKeys);
        var events = ReadingList.Load().TimelineEvents(Notes.Read());
        var added = events.Single(one => one.State == ReadingTimeline.Added);
        Assert.Equal(("Foo: A Bar for Recommendation", new DateOnly(2026, 1, 15)), (added.Label, added.Date));
        Assert.Contains("Foo: A Bar", ReadingList.Load().Timeline(Notes.Read()).ToPlotlyJson());
        Assert.Equal(page.Path, Notes.For("2601.01234").Path);
    }

    [Fact]
    public void TheTimelineShowsTheReadersOwnImportanceAndStatus()
    {
        Write("05-tiger.md", "---\nid: 05-tiger\nstatus: read\nimportance: so-so\n---\n");
        Write("12-onerec.md", "---\nid: 12-onerec\nstatus: reading\n---\n");
        var events = ReadingList.Load().TimelineEvents(Notes.Read()).ToDictionary(one => one.Label);
        Assert.Equal(("so-so", TimelineMark.Ring), (events["TIGER"].Importance, events["TIGER"].Mark));
        Assert.Equal(("novel", TimelineMark.Dot), (events["OneRec"].Importance, events["OneRec"].Mark));
        Assert.Equal(TimelineMark.None, events["HSTU"].Mark);
        var json = ReadingList.Load().Timeline(Notes.Read()).ToPlotlyJson();
        Assert.Contains("-dot\"", json);
        Assert.Contains("my reading (mark)", json);
        Assert.DoesNotContain("my reading (mark)", ReadingList.Load().Timeline().ToPlotlyJson());
    }

    [Theory]
    [InlineData("26.01", null, "not of the form 2601.01234")]
    [InlineData("2613.00001", null, "has no month")]
    [InlineData(null, "../up", "cannot name a note")]
    [InlineData(null, "a/b", "cannot name a note")]
    public void AValueThatIsWrongIsToldAndNothingIsMade(string? arXiv, string? id, string reason)
    {
        var paper = new NewNote
        {
            Title = "T",
            Id = id,
            ArXiv = arXiv is null ? [] : [arXiv],
        };
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => Notes.New(paper)).Message);
        Assert.Empty(Files());
    }

    [Fact]
    public void APaperGetsNoSecondNote()
    {
        Notes.For("tiger");
        var again = new NewNote { Title = "Another title", ArXiv = ["2305.05065"] };
        Assert.Contains("05-tiger.md", Assert.Throws<InvalidOperationException>(() => Notes.New(again)).Message);
        Write("mine.md", "no note about a paper\n");
        var taken = new NewNote { Title = "Mine" };
        Assert.Contains("choose an id", Assert.Throws<InvalidOperationException>(() => Notes.New(taken)).Message);
        Assert.Equal("no note about a paper\n", Text("mine.md"));
    }

    [Fact]
    public void AnUnknownPaperIsToldWithWhatThereIs()
    {
        var error = Assert.Throws<ArgumentException>(() => Notes.For("tigger"));
        Assert.Contains("TIGER", error.Message);
        Assert.Contains("genrec notes new", error.Message);
    }

    [Fact]
    public void TheFolderIsFoundFromAnyFolderOfTheRepository()
    {
        var before = Environment.CurrentDirectory;
        var root = GenRec.Shared.Data.DataFolders.Repository!;
        Assert.SkipUnless(Directory.Exists(Path.Combine(root, "notebooks")), "This checkout has no notebooks.");
        Assert.SkipWhen(Environment.GetEnvironmentVariable(NoteFolder.Variable) is { Length: > 0 }, "A folder is set.");
        Assert.Equal(Path.Combine(root, "notebooks", "notes"), NoteFolder.Open().Path);
        Assert.Equal(before, Environment.CurrentDirectory);
        Assert.Contains(
            "--notes",
            Assert.Throws<DirectoryNotFoundException>(() => NoteFolder.Open(In("nowhere"))).Message
        );
    }
}
