using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class SessionIndexTests
{
    private static readonly Interactions log = new(
        9,
        [0, 4, 4, 6],
        [1, 2, 3, 4, 5, 6],
        [0, 1800, 3601, 3601, 3601, 9000],
        new Dictionary<string, float[]> { ["part"] = [0, 0, 1, 1, 1, 1] }
    );

    [Fact]
    public void ASessionEndsWhereMoreTimeThanTheGapPasses()
    {
        var sessions = SessionIndex.ByGap(log, TimeSpan.FromMinutes(30)); // 1800 s still belong together, 1801 do not
        Assert.Equal([0, 2, 4, 5, 6], sessions.Starts.ToArray());
        Assert.Equal([0, 0, 2, 2], sessions.Users.ToArray()); // equal times of two users are two sessions; none is empty
        Assert.Equal([3, 4], sessions.ItemsOf(1).ToArray());
        Assert.Equal(2, sessions.LengthOf(0));
    }

    [Fact]
    public void AColumnCutsWhereItChangesAndBetweenUsers()
    {
        var sessions = SessionIndex.ByColumn(log, "part");
        Assert.Equal([0, 2, 4, 6], sessions.Starts.ToArray());
        Assert.Equal([1f, 1f], sessions.FeedbackOf(2, "part").ToArray());
    }

    [Fact]
    public void ALogThatCannotBeCutIsRefused()
    {
        var untimed = new Interactions(9, [0, 1], [1]);
        Assert.Contains(
            "no times",
            Assert.Throws<ArgumentException>(() => SessionIndex.ByGap(untimed, TimeSpan.Zero)).Message
        );
        Assert.Contains(
            "There are: part",
            Assert.Throws<ArgumentException>(() => SessionIndex.ByColumn(log, "x")).Message
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => SessionIndex.ByGap(log, TimeSpan.FromSeconds(-1)));
    }
}
