using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;

namespace GenRec.Shared.Tests.Data;

public class SessionBatchTests
{
    private static readonly Histories two = Histories.From([
        [7],
        [8, 9],
    ]);

    [Fact]
    public void SessionsOfAHistoryStandSideBySide()
    {
        var batch = new SessionBatch(two, [1, 2, 3, 4, 5, 6, 7, 8], length: 2, perHistory: 2);
        Assert.Equal(4, batch.Count);
        Assert.Equal([5, 6], batch[2].ToArray()); // the first of the second history
    }

    [Fact]
    public void WrongSizesEmptyHistoriesAndImpossibleSessionsAreRefused()
    {
        Assert.Contains("3 items, need 2", Message(() => new SessionBatch(two, [1, 2, 3], 2)));
        Assert.Contains(
            "History 1 is empty",
            Message(() =>
                new SessionBatch(
                    Histories.From([
                        [1],
                        [],
                    ]),
                    [1, 2],
                    1
                )
            )
        );
        Assert.Contains("Session 1 has the item 0 at place 0", Message(() => new SessionBatch(two, [1, 0], 1)));
        Assert.Contains("Session 0 has item 3 twice", Message(() => new SessionBatch(two, [3, 3, 1, 2], 2)));
    }

    private static string Message(Func<object> act) => Assert.ThrowsAny<ArgumentException>(act).Message;
}
