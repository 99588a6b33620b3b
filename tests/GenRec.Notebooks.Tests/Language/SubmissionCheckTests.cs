using GenRec.Notebooks.Language;

namespace GenRec.Notebooks.Tests.Language;

public sealed class SubmissionCheckTests
{
    [Theory]
    [InlineData("1 + 1", SubmissionState.Complete)]
    [InlineData("", SubmissionState.Complete)]
    [InlineData("var x = 1;", SubmissionState.Complete)]
    [InlineData("#!import bootstrap.csx", SubmissionState.Complete)]
    [InlineData("#!time\nvar x = 1;", SubmissionState.Complete)]
    [InlineData("await Task.Delay(1)", SubmissionState.Complete)]
    [InlineData("if (true) {", SubmissionState.Incomplete)]
    [InlineData("Twice(", SubmissionState.Incomplete)]
    [InlineData("var x = 1", SubmissionState.Incomplete)]
    [InlineData("/* open", SubmissionState.Incomplete)]
    [InlineData("var s = \"\"\"\n  raw", SubmissionState.Incomplete)]
    [InlineData(")", SubmissionState.Invalid)]
    [InlineData("var 1x = 2;", SubmissionState.Invalid)]
    public void SaysWhetherACellCouldRun(string code, SubmissionState expected) =>
        Assert.Equal(expected, SubmissionCheck.Of(code).State);

    [Theory]
    [InlineData("if (true) {", "    ")]
    [InlineData("class A\n{\n    void M()\n    {", "        ")]
    [InlineData("  Twice(1 +", "  ")]
    public void TheNextLineIsIndentedOneStepAfterWhatOpens(string code, string indent) =>
        Assert.Equal(indent, SubmissionCheck.Of(code).Indent);
}
