using GenRec.Shared.Models;
using GenRec.Shared.Nn;
using GenRec.Shared.Plotting;

namespace GenRec.Shared.Tests.Plotting;

public class OneRecFigureTests
{
    [Fact]
    public void TheLoadFigureHasABarForEachExpertOfEachLayer()
    {
        var figure = OneRecFigures.ExpertLoad(
            new ExpertLoad([
                [30, 10, 0],
                [5, 5, 10],
            ])
        );
        Assert.Contains("decoder layer 2", figure.ToHtml());
        Assert.Contains("0.75", figure.ToHtml());
        Assert.Throws<ArgumentException>(() => OneRecFigures.ExpertLoad(new ExpertLoad([])));
    }

    [Fact]
    public void TheIllegalMassHasACurveForEachLevel()
    {
        var figure = OneRecFigures.IllegalMass([
            new IllegalMassPoint(0, [0.9, 0.8], [0, 0]),
            new IllegalMassPoint(50, [0.1, 0.05], [0.01, 0.2]),
        ]);
        Assert.Contains("level 2", figure.ToHtml());
        Assert.Throws<ArgumentException>(() => OneRecFigures.IllegalMass([]));
    }
}
