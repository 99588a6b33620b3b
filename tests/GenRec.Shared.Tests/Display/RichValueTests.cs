using System.Reflection;
using System.Text.Json;
using GenRec.Shared.Display;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Tests.Display;

public class RichValueTests
{
    private static readonly Figure Sample = Figures.LearningCurves(
        new FigureText("Loss </script> falls", "It falls.", "epoch", "loss [nats]"),
        [new LearningCurve("SASRec", [1, 2, 3], [3.0, 2.0, double.NaN])]
    );

    public static TheoryData<RichValue> Values =>
        [
            Sample,
            new Table(
                ["a"],
                [
                    [1],
                ]
            ),
            new Markup("<b>x</b>", "x"),
        ];

    // What .NET Interactive does with a type that carries an attribute of this name (Formatter.cs there), without referring to it.
    [Theory]
    [MemberData(nameof(Values))]
    public void DotNetInteractiveFindsAFormatterForEachPreferredType(RichValue value)
    {
        var attribute = value
            .GetType()
            .GetCustomAttributes(true)
            .Single(it => it.GetType().Name == "TypeFormatterSourceAttribute");
        var sourceType = (Type)Property(attribute, "FormatterSourceType");
        var preferred = (string[])Property(attribute, "PreferredMimeTypes");
        var formatters =
            (IEnumerable<object>)
                sourceType.GetMethod("CreateTypeFormatters")!.Invoke(Activator.CreateInstance(sourceType), null)!;
        foreach (var mimeType in preferred)
        {
            var formatter = formatters.Single(it => (string)Property(it, "MimeType") == mimeType);
            var writer = new StringWriter();
            var done = formatter.GetType().GetMethod("Format")!.Invoke(formatter, [value, writer]);
            Assert.True((bool)done!);
            Assert.Equal(value.ToMimeBundle()[mimeType], writer.ToString());
        }
        Assert.Equal(value.ToMimeBundle().Keys, preferred);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void VersoFindsAPublicToHtml(RichValue value)
    {
        var method = value.GetType().GetMethod("ToHtml", BindingFlags.Public | BindingFlags.Instance, []);
        Assert.Equal(typeof(string), method!.ReturnType);
        Assert.Equal(value.ToHtml(), method.Invoke(value, null));
    }

    [Fact]
    public void AFigureIsPlotlyJsonWithoutNotANumber()
    {
        using var json = JsonDocument.Parse(Sample.ToPlotlyJson());
        var trace = json.RootElement.GetProperty("data")[0];
        Assert.Equal(JsonValueKind.Null, trace.GetProperty("y")[2].ValueKind);
        Assert.Equal("scatter", trace.GetProperty("type").GetString());
        Assert.Equal("rgba(0,0,0,0)", json.RootElement.GetProperty("layout").GetProperty("paper_bgcolor").GetString());
        Assert.True(json.RootElement.GetProperty("config").GetProperty("responsive").GetBoolean());
    }

    [Fact]
    public void TheHtmlOfAFigureSaysEverythingWithoutAScript()
    {
        var withoutScript = System.Text.RegularExpressions.Regex.Replace(
            Sample.ToHtml(),
            "(?s)<script>.*</script>",
            ""
        );
        Assert.Contains("Loss &lt;/script&gt; falls", withoutScript);
        Assert.Contains("It falls.", withoutScript);
        Assert.Contains(">3<", withoutScript);
        Assert.Equal(1, Sample.ToHtml().Split("</script>").Length - 1); // the title did not end the script
    }

    [Fact]
    public void APageNeedsNoNetwork()
    {
        var page = Sample.ToPage();
        Assert.DoesNotContain("<script src", page);
        Assert.Contains("plotly.js v2.28.0", page);
    }

    [Fact]
    public void TheSameFigureIsTheSameText() => Assert.Equal(Sample.ToHtml(), Copy().ToHtml());

    [Fact]
    public void SavingReplacesNothingUnasked()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.html");
        try
        {
            Sample.SavePage(path);
            Assert.Throws<IOException>(() => Sample.SavePage(path));
            Sample.SavePage(path, overwrite: true);
            Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Figure Copy() =>
        Figures.LearningCurves(
            new FigureText("Loss </script> falls", "It falls.", "epoch", "loss [nats]"),
            [new LearningCurve("SASRec", [1, 2, 3], [3.0, 2.0, double.NaN])]
        );

    private static object Property(object of, string name) => of.GetType().GetProperty(name)!.GetValue(of)!;
}
