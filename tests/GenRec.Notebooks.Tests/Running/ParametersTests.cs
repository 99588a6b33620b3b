using GenRec.Notebooks.Files;
using GenRec.Notebooks.Running;

namespace GenRec.Notebooks.Tests.Running;

public sealed class ParametersTests
{
    [Theory]
    [InlineData("var scale = \"smoke\";", "a \"b\"\\", "scale = \"a \\\"b\\\"\\\\\";")]
    [InlineData("int scale = 1;", " 12 ", "scale = 12;")]
    [InlineData("var scale = 3L;", "-4", "scale = -4;")]
    [InlineData("var scale = -3;", "4", "scale = 4;")]
    [InlineData("float scale = 1f;", "0.1", "scale = 0.1f;")]
    [InlineData("var scale = 1.5;", "2", "scale = 2d;")]
    [InlineData("bool scale = true;", "False", "scale = false;")]
    [InlineData("decimal scale = 1m;", "2.50", "scale = 2.50m;")]
    [InlineData("int? scale = null;", "null", "scale = null;")]
    [InlineData("int? scale = null;", "5", "scale = 5;")]
    [InlineData("int[] scale = [1];", "[1, 2,3]", "scale = [1, 2, 3];")]
    [InlineData("string[] scale = [];", "a,b", "scale = [\"a\", \"b\"];")]
    [InlineData("const int scale = 1;", "2", "const int scale = 2;")]
    [InlineData("var scale = DayOfWeek.Monday;", "Friday", "scale = DayOfWeek.Friday;")]
    [InlineData("DayOfWeek scale = default;", "DayOfWeek.Friday", "scale = DayOfWeek.Friday;")]
    public void ValuesAreWrittenInTheDeclaredType(string declaration, string value, string expected)
    {
        var notebook = Notebook.Parse(Notebooks.Text("tag:parameters\n" + declaration));
        Parameters.Inject(notebook, new Dictionary<string, string> { ["scale"] = value });
        Assert.Equal("// Parameters\n" + expected, notebook.Cells[1].Source);
    }

    [Theory]
    [InlineData("int n = 1;", "1.5", "'1.5' is not a value of the parameter n, which is of type int")]
    [InlineData("byte n = 1;", "256", "of type byte")]
    [InlineData("double n = 1;", "NaN", "of type double")]
    [InlineData("bool n = true;", "yes", "of type bool")]
    [InlineData("var n = DayOfWeek.Monday;", "not a name", "of type DayOfWeek")]
    [InlineData("int other = 1;", "1", "'n' is not a parameter; known are other.")]
    public void ValuesThatDoNotFitAreErrors(string declaration, string value, string expected)
    {
        var notebook = Notebook.Parse(Notebooks.Text("tag:parameters\n" + declaration));
        var error = Assert.Throws<ParameterException>(() =>
            Parameters.Inject(notebook, new Dictionary<string, string> { ["n"] = value })
        );
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Single(notebook.Cells);
    }

    [Fact]
    public void WithoutAParametersCellNothingCanBeSet()
    {
        var notebook = Notebook.Parse(Notebooks.Text("var n = 1;"));
        Assert.Empty(Parameters.Of(notebook));
        var error = Assert.Throws<ParameterException>(() =>
            Parameters.Inject(notebook, new Dictionary<string, string> { ["n"] = "1" })
        );
        Assert.Contains("no cell tagged 'parameters'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEarlierOverrideIsReplaced()
    {
        var notebook = Notebook.Parse(
            Notebooks.Text("tag:parameters\nint n = 1;", "tag:injected-parameters\nn = 2;", "n")
        );
        Parameters.Inject(notebook, new Dictionary<string, string> { ["n"] = "3" });
        Assert.Equal(["int n = 1;", "// Parameters\nn = 3;", "n"], notebook.Cells.Select(cell => cell.Source));
        Assert.Equal(3, notebook.Cells.Select(cell => cell.Id).Distinct().Count());
    }
}
