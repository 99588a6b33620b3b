using GenRec.Notebooks.Language;

namespace GenRec.Notebooks.Tests.Language;

public sealed class DirectiveCompletionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-paths-").FullName;

    public DirectiveCompletionTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "inner"));
        foreach (
            var name in new[]
            {
                "helpers.csx",
                "Hidden.txt",
                "inner/deep.cs",
                "inner/own.dll",
                "other.ipynb",
                ".dot.csx",
            }
        )
            File.WriteAllText(Path.Combine(folder, name), "");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("#!", "#!import,#!time,#!csharp")]
    [InlineData("var x = 1;\n  #!ti", "#!time")]
    [InlineData("#!import ", "helpers.csx,other.ipynb,inner/")]
    [InlineData("#!import h", "helpers.csx")]
    [InlineData("#!import \"inner/", "deep.cs")]
    [InlineData("#!import inner/../HEL", "helpers.csx")]
    [InlineData("#load \"", "helpers.csx,inner/")]
    [InlineData("#r \"inner/", "own.dll")]
    [InlineData("#!import nowhere/", "")]
    [InlineData("#!import \0", "")]
    public void OffersWhatTheDirectiveTakes(string code, string expected)
    {
        var list = DirectiveCompletion.At(code, code.Length, folder)!;
        Assert.Equal(expected, string.Join(',', list.Items.Select(item => item.Text)));
        Assert.Equal(code.Length, list.End);
    }

    [Fact]
    public void OnlyTheLastPartOfAPathIsReplaced()
    {
        const string Code = "#!import inner/de";
        Assert.Equal(Code.Length - 2, DirectiveCompletion.At(Code, Code.Length, folder)!.Start);
    }

    [Theory]
    [InlineData("var path = \"#!import ")]
    [InlineData("#r \"nuget: Plotly")]
    [InlineData("Console.")]
    public void LeavesCodeToTheCompiler(string code) => Assert.Null(DirectiveCompletion.At(code, code.Length, folder));
}
