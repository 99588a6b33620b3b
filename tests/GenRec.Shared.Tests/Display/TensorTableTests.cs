using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Display;

public class TensorTableTests
{
    [Fact]
    public void AMatrixShowsShapeTypeAndValues()
    {
        using var scope = NewDisposeScope();
        var text = arange(6, dtype: ScalarType.Float32).view(2, 3).div(4).AsTable().ToText();
        Assert.StartsWith("[2, 3] Float32 on cpu", text);
        Assert.EndsWith("1  0.75  1.00  1.25", text);
    }

    [Fact]
    public void WholeNumbersAndTruthValuesStayWhole()
    {
        using var scope = NewDisposeScope();
        Assert.EndsWith("0  3  5", tensor(new long[] { 3, 5 }).AsTable().ToText());
        Assert.EndsWith("0  1  0", tensor(new[] { true, false }).AsTable().ToText());
    }

    [Fact]
    public void LargeTensorsAreCutAndSaySo()
    {
        using var scope = NewDisposeScope();
        var table = zeros(4, 30, 20).AsTable();
        Assert.Contains("[4, 30, 20]", table.Title);
        Assert.Contains("first of 4 matrices", table.Title);
        Assert.Equal("20 more rows, 8 more columns.", table.Caption);
        Assert.Equal(10, table.Rows.Count);
    }

    [Theory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { 0 })]
    [InlineData(new long[] { 0, 3 })]
    [InlineData(new long[] { 2, 0, 3 })]
    public void ScalarsAndEmptyTensorsAreTablesToo(long[] shape)
    {
        using var scope = NewDisposeScope();
        Assert.Contains($"[{string.Join(", ", shape)}]", zeros(shape).AsTable().ToText());
    }

    [Fact]
    public void ShowingATensorLeavesNoTensorAlive()
    {
        using var scope = NewDisposeScope();
        var shown = randn(5, 5, requires_grad: true);
        using var inner = NewDisposeScope();
        _ = shown.AsTable().ToHtml();
        Assert.Equal(0, inner.DisposablesCount);
    }
}
