using GenRec.Notebooks.Language;

namespace GenRec.Notebooks.Tests.Language;

public sealed class InspectionTests(LanguageSession session) : IClassFixture<LanguageSession>
{
    [Fact]
    public async Task TheLibrarysDocumentationIsShown()
    {
        var found = await InspectAsync("Tables.Metrics(rows)", "Metr");
        Assert.StartsWith(
            "Table Tables.Metrics(IReadOnlyList<MetricRow> rows",
            found.PlainText,
            StringComparison.Ordinal
        );
        Assert.Contains("Systems against metrics, four decimals", found.PlainText, StringComparison.Ordinal);
        Assert.Contains("rows: The systems in the order to show.", found.PlainText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DocumentationThatIsInheritedIsFound()
    {
        var found = await InspectAsync("Trainer.FitAsync(task, options)", "FitAs", detail: 1);
        Assert.Contains("task: Model, batches, loss and validation.", found.PlainText, StringComparison.Ordinal);
        Assert.Contains("Throws TrainingDivergedException: ", found.PlainText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PackagesBringTheirDocumentation() =>
        Assert.Contains(
            "DataFrame",
            (await InspectAsync("new DataFrame()", "DataFr", detail: 1)).PlainText.Split('\n', 2)[1],
            StringComparison.Ordinal
        );

    [Fact]
    public async Task InsideArgumentsTheCallIsDescribed()
    {
        var found = await InspectAsync("Trainer.Fit(", "Trainer.Fit(");
        Assert.StartsWith("TrainingResult Trainer.Fit(", found.PlainText, StringComparison.Ordinal);
        var nested = await InspectAsync("Console.WriteLine(Twice( ", "Console.WriteLine(Twice( ");
        Assert.Equal("int Twice(int number)", nested.PlainText);
    }

    [Fact]
    public async Task VariablesOfEarlierCellsHaveTheirTypeAndNoNameOfOurs()
    {
        var found = await InspectAsync("table", "tab");
        Assert.Equal("(field) Table table", found.PlainText);
    }

    [Fact]
    public async Task TheDetailLevelAddsOverloads()
    {
        Assert.DoesNotContain(
            "Overloads",
            (await InspectAsync("Console.WriteLine()", "Console.Wr")).PlainText,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Overloads: ",
            (await InspectAsync("Console.WriteLine()", "Console.Wr", detail: 1)).PlainText,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task MarkupIsEscapedAndHasNoColours()
    {
        var found = await InspectAsync("new List<int>()", "new Li");
        Assert.Contains("List&lt;", found.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("color", found.Html, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("```csharp\n", found.Markdown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("nothingOfThatName")]
    public async Task WhereThereIsNothingToTellThereIsNoAnswer(string code) =>
        Assert.Null(
            await session.Service.InspectAsync(code, code.Length / 2, 0, TestContext.Current.CancellationToken)
        );

    private async Task<Inspection> InspectAsync(string code, string before, int detail = 0)
    {
        var position = code.IndexOf(before, StringComparison.Ordinal) + before.Length;
        var found = await session.Service.InspectAsync(code, position, detail, TestContext.Current.CancellationToken);
        Assert.NotNull(found);
        return found;
    }
}
