using System.Text;
using CsCheck;
using GenRec.Notebooks.Files;

namespace GenRec.Notebooks.Tests.Files;

public sealed class NotebookFileTests
{
    // What Jupyter 7 writes: one blank, sorted keys, no escapes but those JSON needs.
    private const string Jupyter = """
        {
         "cells": [
          {
           "attachments": {},
           "cell_type": "markdown",
           "id": "8b3f-A_1",
           "metadata": {},
           "source": []
          },
          {
           "cell_type": "code",
           "execution_count": 3,
           "id": "c2",
           "metadata": {
            "custom": {
             "deep": [
              1,
              2.50,
              1e-05,
              -0.0,
              null
             ],
             "empty": {}
            },
            "tags": [
             "parameters"
            ]
           },
           "outputs": [
            {
             "data": {
              "text/plain": [
               "é 😀 \u001b[31m tab\t quote\" back\\ / del \u007f   line"
              ]
             },
             "execution_count": 3,
             "metadata": {},
             "output_type": "execute_result"
            }
           ],
           "source": [
            "var a = 1;\n",
            "a"
           ],
           "unknown_key": true
          }
         ],
         "metadata": {
          "kernelspec": {
           "name": ".net-csharp"
          }
         },
         "nbformat": 4,
         "nbformat_minor": 5,
         "zzz_unknown": "kept"
        }

        """;

    private static readonly Gen<string> Words = Gen.String[Gen.Char['\u0001', '\uD7FF'], 0, 12];

    [Fact]
    public void ReadingAndWritingChangesNoByte()
    {
        Assert.Equal(Jupyter, Written(Jupyter));
        Assert.Equal("\uFEFF" + Jupyter, Written("\uFEFF" + Jupyter));
        Assert.Equal(Jupyter.ReplaceLineEndings("\r\n"), Written(Jupyter.ReplaceLineEndings("\r\n")));
        Assert.Equal(Jupyter.TrimEnd(), Written(Jupyter.TrimEnd()));
    }

    [Fact]
    public void AnyTextAndMetadataSurviveUnchanged() =>
        Gen.Select(Words, Words, Words, Gen.Double, Gen.Int[1, 4])
            .Sample(
                (one, two, key, number, indent) =>
                {
                    string[] sources = [one, two];
                    var notebook = Notebook.Parse(Notebooks.Text([.. sources.Select(source => "x" + source)]));
                    notebook.Metadata["k" + key] = double.IsFinite(number) ? number : 0;
                    var text = JupyterJson.Write(
                        notebook.Json,
                        JsonLayout.Jupyter with
                        {
                            Indent = new string(' ', indent),
                        }
                    );
                    Assert.Equal(text, Written(text));
                    var again = Notebook.Parse(text);
                    Assert.Equal(sources.Select(source => "x" + source), again.Cells.Select(cell => cell.Source));
                },
                iter: 300
            );

    [Fact]
    public void SettingTheSourceKeepsItAsLines()
    {
        var notebook = Notebook.Parse(Jupyter);
        notebook.Cells[1].Source = "first\r\nsecond\n";
        Assert.Equal(
            ["first\r\n", "second\n"],
            notebook.Cells[1].Json["source"]!.AsArray().Select(line => (string)line!)
        );
        notebook.Cells[1].Source = "var a = 1;\na";
        Assert.Equal(Jupyter, Encoding.UTF8.GetString(notebook.ToUtf8()));
    }

    [Fact]
    public void OlderFilesGetTheSameIdsOnEveryMachine()
    {
        var old = Jupyter
            .Replace("   \"id\": \"8b3f-A_1\",\n", "", StringComparison.Ordinal)
            .Replace("   \"id\": \"c2\",\n", "", StringComparison.Ordinal)
            .Replace("\"nbformat_minor\": 5", "\"nbformat_minor\": 2", StringComparison.Ordinal);
        var (one, two) = (Notebook.Parse(old), Notebook.Parse(old));
        Assert.True(one.AddedIds);
        Assert.Equal(one.Cells.Select(cell => cell.Id), two.Cells.Select(cell => cell.Id));
        Assert.All(one.Cells, cell => Assert.Matches("^[0-9a-f]{8}$", cell.Id));
        Assert.Equal(2, one.Cells.Select(cell => cell.Id).Distinct().Count());
        var written = Encoding.UTF8.GetString(one.ToUtf8());
        Assert.Contains("\"nbformat_minor\": 5", written, StringComparison.Ordinal);
        Assert.False(Notebook.Parse(written).AddedIds);
        Assert.Equal("bc52eeba", Notebook.Parse(Id("var a = 1;")).Cells[0].Id);

        static string Id(string source) =>
            $$"""{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": "{{source}}"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}""";
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("[]", 1, "JSON object")]
    [InlineData("{\n\"cells\": [\n<<<<<<< HEAD\n", 3, "not valid JSON at column 1")]
    [InlineData("{\n\"cells\": [],\n\"cells\": []}", 3, "'cells' stands twice")]
    [InlineData(
        "{\"cells\": [], \"metadata\": {},\n\"nbformat\": 3, \"nbformat_minor\": 0}",
        2,
        "nbformat 3 is not supported"
    )]
    [InlineData("{\"cells\": 3, \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}", 1, "'cells' is missing")]
    public void BrokenFilesAreNamedWithTheirLine(string text, int line, string expected)
    {
        var error = Assert.Throws<NotebookFormatException>(() => Notebook.Parse(text, "folder/a.ipynb"));
        Assert.StartsWith($"folder/a.ipynb:{line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }

    [Theory]
    [InlineData("\"var a = 1;\\n\"", "3", "source of cell 2")]
    [InlineData("\"id\": \"c2\"", "\"id\": \"8b3f-A_1\"", "cell 2 has the id '8b3f-A_1' of cell 1")]
    [InlineData("\"id\": \"c2\"", "\"id\": \"not allowed!\"", "the id of cell 2")]
    [InlineData("\"output_type\": \"execute_result\"", "\"type\": \"x\"", "output 1 of cell 2")]
    [InlineData("\"cell_type\": \"code\"", "\"cell_type\": \"cobol\"", "unknown type 'cobol'")]
    [InlineData(
        "\"execution_count\": 3,\n   \"id\"",
        "\"execution_count\": \"3\",\n   \"id\"",
        "execution count of cell 2"
    )]
    public void AWrongCellIsNamedWithItsLine(string good, string bad, string expected)
    {
        var text = Jupyter.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Jupyter, text);
        var error = Assert.Throws<NotebookFormatException>(() => Notebook.Parse(text, "a.ipynb"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Line, 10, 48); // inside the second cell
    }

    [Fact]
    public void WritingReplacesTheWholeFileAndLeavesNothingElse()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "new", "a.ipynb");
        Notebook.Parse(Jupyter).Write(path);
        Notebook.Parse(Notebooks.Text("1")).Write(path);
        Assert.Equal(Notebooks.Text("1"), File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    private static string Written(string text) => Encoding.UTF8.GetString(Notebook.Parse(text).ToUtf8());
}
