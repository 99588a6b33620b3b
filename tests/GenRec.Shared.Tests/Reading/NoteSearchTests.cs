using System.Text;
using GenRec.Shared.Reading.Search;

namespace GenRec.Shared.Tests.Reading;

public sealed class NoteSearchTests : NotesFixture
{
    private SearchResult Find(string query, SearchSource? only = SearchSource.Note) =>
        TextSearch.Find(Notes, query, 20, only, In("index", "search.db"));

    private const string Tiger =
        "---\nid: 05-tiger\n---\n# TIGER\n\n## Why do so\n\nQuantised codes generalise to cold items.\n\n"
        + "```sh\n# no heading\n```\n\n## Open questions\n\nDoes beam search prune café items?\n";

    [Fact]
    public void WordsAreFoundWithTheirHeadingAndLine()
    {
        Write("05-tiger.md", Tiger);
        var hit = Assert.Single(Find("beam PRUNING").Hits); // another case, another form of the word
        Assert.Equal(("Open questions", 14), (hit.Heading, hit.Line));
        Assert.EndsWith("05-tiger.md:14", hit.Place, StringComparison.Ordinal);
        Assert.Contains($"{SearchHit.Begin}beam{SearchHit.End} search", hit.Excerpt);
        Assert.Single(Find("cafe").Hits);
        Assert.Single(Find("quant*").Hits);
        Assert.Single(Find("\"beam search\"").Hits);
        Assert.Empty(Find("\"search beam\"").Hits);
        Assert.Empty(Find("beam generalise").Hits); // one passage must hold all words
    }

    [Fact]
    public void ChineseTextIsFoundByAnyPartOfIt()
    {
        Write("05-tiger.md", "---\nid: 05-tiger\n---\n## 动机\n\n生成式推荐用语义编码 (semantic id) 检索物品。\n");
        var hit = Assert.Single(Find("语义编码").Hits);
        Assert.Contains("生成式推荐用", hit.PlainExcerpt);
        Assert.Equal("动机", hit.Heading);
        Assert.Single(Find("推荐 semantic").Hits);
        Assert.Empty(Find("编码语义").Hits);
    }

    [Fact]
    public void TheIndexFollowsTheFiles()
    {
        Write("05-tiger.md", Tiger);
        Assert.Empty(Find("zebra").Hits);
        Notes.For("tiger").Add("A zebra crossed.");
        Assert.Single(Find("zebra").Hits);
        File.Move(In("05-tiger.md"), In("2305.md"));
        Assert.EndsWith("2305.md", Assert.Single(Find("zebra").Hits).Path, StringComparison.Ordinal);
        File.Delete(In("2305.md"));
        Assert.Empty(Find("zebra").Hits);
    }

    [Fact]
    public void ADamagedIndexIsMadeAnew()
    {
        Write("05-tiger.md", Tiger);
        Assert.Single(Find("prune").Hits);
        File.WriteAllBytes(In("index", "search.db"), Encoding.ASCII.GetBytes(new string('x', 9000)));
        Assert.Single(Find("prune").Hits);
        File.WriteAllBytes(In("index", "search.db"), []);
        Assert.Single(Find("prune").Hits);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("AND OR NOT")]
    [InlineData("a\"b\"c (x) {y}: -z ^w NEAR/3")]
    [InlineData("col:value'); DROP TABLE files;--")]
    [InlineData("item\0s")]
    public void NoQueryIsASyntaxError(string query)
    {
        Write("05-tiger.md", Tiger);
        if (query.Any(char.IsLetterOrDigit))
            _ = Find(query);
        else
            Assert.Throws<ArgumentException>(() => Find(query));
        Assert.Single(Find("prune").Hits);
    }

    [Fact]
    public void AFileThatCannotBeReadIsToldAndTheOthersAreSearched()
    {
        Write("05-tiger.md", Tiger);
        File.WriteAllBytes(In("12-onerec.md"), [(byte)'a', (byte)'\n', 0xE9]);
        var found = Find("prune");
        Assert.Single(found.Hits);
        Assert.Contains("12-onerec.md:2", Assert.Single(found.Problems));
        Assert.Single(Find("prune").Problems); // and told again
    }

    [Fact]
    public void NotebooksAndDataFilesAreSearchedToo()
    {
        var entry = Find("Trillion-Parameter Sequential Transducers", SearchSource.Data).Hits;
        Assert.Contains(entry, hit => hit.Path == "data/reading-list.json");
        Assert.Contains(Find("Rajput Keshavan", SearchSource.Data).Hits, hit => hit.Path == "data/bibliography.json");
        var notebooks = Path.Combine(GenRec.Shared.Data.DataFolders.Repository!, "notebooks", "00-start-here.ipynb");
        Assert.SkipUnless(File.Exists(notebooks), "This checkout has no notebooks.");
        var hits = Find("simulated shop", SearchSource.Notebook).Hits; // which one comes first changes with the notebooks
        Assert.All(hits, hit => Assert.Matches(@"^notebooks/.+\.ipynb cell \d+", hit.Place));
        Assert.Contains(hits, hit => hit.Path == "notebooks/00-start-here.ipynb");
    }

    [Fact]
    public void AResultShowsItselfAsTextAndPage()
    {
        Write("05-tiger.md", Tiger + "<b>bold & \"quoted\"</b> prune\n");
        var found = Find("prune");
        Assert.Contains("<b>prune</b>", found.ToHtml());
        Assert.DoesNotContain("<b>bold", found.ToHtml());
        Assert.Contains("Open questions", found.ToText());
    }
}
