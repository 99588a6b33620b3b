using System.Text.Json.Nodes;
using GenRec.Notebooks.Checks;
using GenRec.Notebooks.Files;

namespace GenRec.Notebooks.Tests.Checks;

public sealed class NotebookRhythmTests
{
    private static readonly string[] Paper =
    [
        "md:# SASRec\n[paper](https://arxiv.org/abs/1808.09781)",
        "md:## 1. Setup",
        "#!import bootstrap.csx",
        "tag:parameters\nvar scale = \"tutorial\";\nvar seed = 1;",
        "md:## 2. What the paper leaves open\n```\n# not a heading\n```",
        "md:## 3. Exercises",
        "md:## 4. My notes\n[here](../notes/01-sasrec.md)",
        "md:## 5. References\n<https://arxiv.org/abs/1808.09781>",
    ];

    [Fact]
    public void AWholePaperNotebookHasNoErrors() =>
        Assert.DoesNotContain(Check([.. Paper]), finding => finding.Severity == RhythmSeverity.Error);

    [Fact]
    public void AShortPaperNotebookIsAWarning() =>
        Assert.Equal(RhythmSeverity.Warning, Assert.Single(Check([.. Paper])).Severity);

    [Theory]
    [InlineData(0, "md:SASRec https://arxiv.org", "one heading of level 1")]
    [InlineData(0, "md:# SASRec", "must link to the paper")]
    [InlineData(1, "md:# Another title", "one heading of level 1")]
    [InlineData(1, "md:## Setup", "'## 1. ...'")]
    [InlineData(2, "#!import bootstrap.csx\nvar a = 1;", "'#!import' must be alone")]
    [InlineData(2, "using System;", "first code cell")]
    [InlineData(3, "var scale = \"smoke\";", "must declare 'scale'")]
    [InlineData(3, "tag:parameters\nvar scale = \"smoke\";", "must declare 'seed'")]
    [InlineData(4, "md:## 2. Other", "'leaves open' is missing")]
    [InlineData(5, "md:## 3. Other", "'exercises' is missing")]
    [InlineData(6, "md:## 4. My notes", "link to the reader's own file")]
    [InlineData(7, "md:## 5. References\nnone", "at least one source")]
    public void AMissingPartIsAnError(int at, string replacement, string expected)
    {
        string[] cells = [.. Paper];
        cells[at] = replacement;
        Assert.Contains(
            Check(cells),
            finding =>
                finding.Severity == RhythmSeverity.Error && finding.Message.Contains(expected, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("display(1);", "'display('")]
    [InlineData("HTML(\"x\")", "'HTML('")]
    [InlineData("var a = 1;\n#!time\na", "must come first")]
    [InlineData("#!csharp\n1", "known to every host")]
    [InlineData("#!fsharp\n1", "not a directive")]
    [InlineData("#r \"nuget: X\"", "'#r' and '#load'")]
    [InlineData("var a = ;", "not C# 13")]
    [InlineData(
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n21\n22\n23\n24\n25\n26",
        "26 lines"
    )]
    public void ACellThatNotEveryHostRunsIsAnError(string code, string expected) =>
        Assert.Contains(
            Check([.. Paper[..4], code, .. Paper[4..]]),
            finding => finding.Cell == 5 && finding.Message.Contains(expected, StringComparison.Ordinal)
        );

    [Theory]
    [InlineData("var display = 1; // display(x) in a comment, \"display(\" in a string\nvar s = \"display(1)\";")]
    [InlineData("#!time\nvar a = 1;")]
    [InlineData("table.Display();")]
    public void WhatOnlyLooksWrongIsAllowed(string code) => Assert.Single(Check([.. Paper[..4], code, .. Paper[4..]]));

    [Fact]
    public void OutputsAndMetadataAreChecked()
    {
        var notebook = Notebook.Parse(Notebooks.Text(Paper));
        var cell = notebook.Cells[3];
        cell.Metadata.Remove("polyglot_notebook");
        cell.ReplaceOutputs([
            new JsonObject { ["output_type"] = "error", ["ename"] = "X" },
            new JsonObject { ["output_type"] = "stream", ["text"] = new JsonArray("see /home/someone/data\n") },
            new JsonObject
            {
                ["output_type"] = "display_data",
                ["data"] = new JsonObject { ["application/vnd.plotly.v1+json"] = new JsonObject() },
            },
        ]);
        var messages = NotebookRhythm
            .Check(notebook, RhythmKind.Paper)
            .Where(finding => finding.Cell == 4)
            .Select(finding => finding.Message)
            .ToArray();
        Assert.Collection(
            messages,
            one => Assert.Contains("polyglot_notebook", one, StringComparison.Ordinal),
            one => Assert.Contains("an error is kept", one, StringComparison.Ordinal),
            one => Assert.Contains("/home/someone", one, StringComparison.Ordinal),
            one => Assert.Contains("no PNG", one, StringComparison.Ordinal)
        );
        notebook.Metadata.Remove("kernelspec");
        Assert.Contains(
            NotebookRhythm.Check(notebook, RhythmKind.General),
            finding => finding.Message.Contains("kernelspec", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void PapersAreToldByTheirNumber()
    {
        Assert.Equal(RhythmKind.General, NotebookRhythm.KindOf("notebooks/00-start-here.ipynb"));
        Assert.Equal(RhythmKind.Paper, NotebookRhythm.KindOf("notebooks/1-sparse-ids/01-sasrec.ipynb"));
        Assert.Equal(RhythmKind.General, NotebookRhythm.KindOf("notebooks/5-side-by-side/30-leaderboard.ipynb"));
    }

    private static IReadOnlyList<RhythmFinding> Check(string[] cells) =>
        NotebookRhythm.Check(Notebook.Parse(Notebooks.Text(cells)), RhythmKind.Paper);
}
