using GenRec.Shared.Display;
using GenRec.Shared.Plotting;
using GenRec.Shared.Reading;

namespace GenRec.Shared.Tests.Reading;

public sealed class NotePageTests : NotesFixture
{
    private static readonly Figure Curve = Figures.LearningCurves(
        new FigureText("Loss", "It falls.", "epoch", "loss"),
        [new LearningCurve("SASRec", [1, 2], [0.9, 0.5])]
    );

    [Fact]
    public void APageShowsFrontMatterAndText()
    {
        Write(
            "05-tiger.md",
            "---\nid: 05-tiger\ntitle: T & co\nstatus: read\narxiv: \"2305.05065\"\n---\n## Why\n\n| a | b |\n| - | - |\n| 1 | $x^2$ |\n"
        );
        var html = Notes.For("tiger").ToHtml();
        Assert.Contains("T &amp; co", html);
        Assert.Contains("https://arxiv.org/abs/2305.05065", html);
        Assert.Contains("<h2>Why</h2>", html);
        Assert.Contains("<td>1</td>", html);
        Assert.DoesNotContain("status:", html);
        Assert.DoesNotContain(Folder, html); // outputs are committed
        Assert.Contains("## Why", Notes.For("tiger").ToText());
    }

    [Fact]
    public void ANoteCannotRunScriptsInANotebook()
    {
        Write(
            "05-tiger.md",
            "<script>alert(1)</script>\n\n[x](javascript:alert(2)) ![y](data:text/html,z) <img src=x onerror=alert(3)>\n"
        );
        var html = Notes.For("tiger").ToHtml();
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("javascript:", html);
        Assert.DoesNotContain("<img src=x", html);
        Assert.DoesNotContain("data:text/html", html);
    }

    [Fact]
    public void NumbersAndTablesAreAddedAsMarkdown()
    {
        var page = Notes.For("tiger");
        page.Add("measured", 0.25, new Dictionary<string, double> { ["NDCG@10"] = 0.1234 });
        page.Add("rows", new[] { new MetricRow("a|b", new Dictionary<string, double> { ["Recall@10"] = 0.5 }) });
        page.Add("object", new { Hidden = 64, Name = "x" });
        var text = Text("05-tiger.md");
        Assert.Contains("\nmeasured\n\n0.25\n\n| name | value |\n| --- | ---: |\n| NDCG@10 | 0.1234 |\n", text);
        Assert.Contains("| a\\|b |", text);
        Assert.Contains("| Hidden | 64 |", text);
        Assert.Empty(Notes.Read().Problems);
    }

    [Fact]
    public void AFigureIsKeptAsAFileBesideTheNote()
    {
        Notes.For("tiger").Add("look", Curve);
        Notes.For("tiger").Add("again", Curve, Curve);
        var files = Files().Where(file => file.StartsWith("attachments/")).ToArray();
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.Contains(file, Text("05-tiger.md")));
        Assert.StartsWith("<!DOCTYPE html>", Text(files[0]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("**Loss** It falls.", Text("05-tiger.md"));
    }

    [Fact]
    public void AHostThatDrawsGivesThePicture()
    {
        byte[] png = [0x89, (byte)'P', (byte)'N', (byte)'G'];
        AppContext.SetData(
            NoteAttachments.PictureKey,
            (Func<string, byte[]?>)(json => json.Contains("SASRec") ? png : null)
        );
        try
        {
            Notes.For("tiger").Add("look", Curve);
        }
        finally
        {
            AppContext.SetData(NoteAttachments.PictureKey, null);
        }
        var file = Files().Single(file => file.EndsWith(".png"));
        Assert.Equal(png, Bytes(file));
        Assert.Contains($"![Loss]({file})", Text("05-tiger.md"));
        Assert.Contains($"src=\"data:image/png;base64,{Convert.ToBase64String(png)}\"", Notes.For("tiger").ToHtml());
    }
}
