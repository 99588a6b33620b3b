using GenRec.Shared.Training;

namespace GenRec.Shared.Tests.Training;

public sealed class ScheduleTests
{
    private const long Total = 100;

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(11, 1)]
    [InlineData(100, 1)]
    public void ConstantWarmsUpAndStays(long step, double factor) =>
        Assert.Equal(factor, new ConstantSchedule { WarmupSteps = 10 }.FactorAt(step, Total), 1e-15);

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(10, 1)]
    [InlineData(40, 0.5)]
    [InlineData(1000, 0.1)]
    public void InverseSquareRootFallsWithTheRootOfTheStep(long step, double factor) =>
        Assert.Equal(factor, new InverseSquareRootSchedule { WarmupSteps = 10 }.FactorAt(step, Total), 1e-15);

    [Theory]
    [InlineData(10, 1)]
    [InlineData(55, 0.55)] // the middle, between 1 and the floor
    [InlineData(100, 0.1)]
    [InlineData(200, 0.1)]
    public void CosineEndsAtItsFloor(long step, double factor) =>
        Assert.Equal(factor, new CosineSchedule { WarmupSteps = 10, Floor = 0.1 }.FactorAt(step, Total), 1e-12);

    [Fact]
    public void CosineIsHalfACosine()
    {
        for (var step = 1L; step <= Total; step++)
            Assert.Equal(
                Math.Pow(Math.Cos(Math.PI * step / Total / 2), 2),
                new CosineSchedule().FactorAt(step, Total),
                1e-12
            );
    }

    [Theory]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(55, 0.5)]
    [InlineData(100, 0)]
    public void LinearIsAStraightLine(long step, double factor) =>
        Assert.Equal(factor, new LinearSchedule { WarmupSteps = 10 }.FactorAt(step, Total), 1e-12);

    [Fact]
    public void WithoutWarmupTheFirstFactorOfTheInverseRootIsOne() =>
        Assert.Equal(1, new InverseSquareRootSchedule().FactorAt(1, Total));

    [Fact]
    public void StepsCountFromOne() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantSchedule().FactorAt(0, Total));
}
