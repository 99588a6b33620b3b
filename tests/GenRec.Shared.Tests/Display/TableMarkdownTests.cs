using GenRec.Shared.Display;

namespace GenRec.Shared.Tests.Display;

public class TableMarkdownTests
{
    [Fact]
    public void CellsAreEscapedNumbersAlignedRightAndAllRowsWritten()
    {
        var table = new Table(
            ["a|b", new("n", "F1")],
            [
                ["x*y", 1.25],
                ["<i>\nz", 2.0],
            ]
        )
        {
            Title = "T",
            Caption = "c",
            MaxRows = 1,
        };
        Assert.Equal(
            "**T**\n\n| a\\|b | n |\n| --- | ---: |\n| x\\*y | 1.2 |\n| &lt;i> z | 2.0 |\n\nc\n",
            TableMarkdown.Render(table)
        );
    }
}
