using CsCheck;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Data;

public class NumberingMatchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnyRenumberingIsUndone(bool inOrder) =>
        Gen.Select(DataGen.Untimed, Gen.ULong)
            .Sample(
                (events, seed) =>
                {
                    var shuffled = Renumber(events, seed, inOrder);
                    var match = NumberingMatch.Find(events, shuffled, inOrder, TestContext.Current.CancellationToken);
                    Assert.NotNull(match);
                    for (var user = 0; user < events.Users; user++)
                    {
                        var (here, there) = (
                            events.ItemsOf(user).ToArray(),
                            shuffled.ItemsOf(match.Users[user]).ToArray()
                        );
                        var translated = here.Select(item => match.Items[item]);
                        Assert.Equal(inOrder ? there : there.Order(), inOrder ? translated : translated.Order());
                    }
                    Assert.Equal(Enumerable.Range(0, events.Users), match.Users.Order());
                    Assert.Equal(Enumerable.Range(0, events.ItemCount + 1), match.Items.Order());
                },
                iter: 300
            );

    [Fact]
    public void EqualColoursThatAreNotExchangeableAreTriedInTurn()
    {
        var ringFirst = Rings([1, 2, 3, 4, 5, 6], [7, 8, 9], [10, 11, 12]); // every item has two users, every user two items
        var ringLast = Rings([1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11, 12]);
        var match = NumberingMatch.Find(ringFirst, ringLast, inOrder: false, TestContext.Current.CancellationToken);
        Assert.NotNull(match);
        Assert.Equal(12, match.Ambiguous);
        Assert.Equal(Enumerable.Range(7, 6), match.Items[1..7].Order());

        static Interactions Rings(params int[][] rings) =>
            DataGen.Build(
                [.. rings.SelectMany(ring => ring.Select((item, at) => new[] { item, ring[(at + 1) % ring.Length] }))],
                null
            );
    }

    [Fact]
    public void OtherEventsDoNotMatch()
    {
        var events = DataGen.Build(
            [
                [1, 2, 3],
                [2, 3],
                [3, 1],
            ],
            null
        );
        Assert.Null(
            NumberingMatch.Find(
                events,
                DataGen.Build(
                    [
                        [1, 2, 3],
                        [2, 3],
                        [3, 2],
                    ],
                    null
                ),
                inOrder: true
            )
        );
        Assert.Null(
            NumberingMatch.Find(
                events,
                DataGen.Build(
                    [
                        [1, 2, 3],
                        [2, 3],
                    ],
                    null
                ),
                inOrder: true
            )
        );
        Assert.Null(
            NumberingMatch.Find(
                events,
                DataGen.Build(
                    [
                        [1, 2, 3],
                        [3, 2],
                        [3, 1],
                    ],
                    null
                ),
                inOrder: true
            )
        );
        Assert.NotNull(
            NumberingMatch.Find(
                events,
                DataGen.Build(
                    [
                        [1, 2, 3],
                        [3, 2],
                        [3, 1],
                    ],
                    null
                ),
                inOrder: false
            )
        );
    }

    [Fact]
    public void ItemsThatNothingTellsApartAreCounted()
    {
        var events = DataGen.Build(
            [
                [1, 2, 3],
                [3],
            ],
            null
        );
        Assert.Equal(0, NumberingMatch.Find(events, events, inOrder: true)!.Ambiguous);
        Assert.Equal(2, NumberingMatch.Find(events, events, inOrder: false)!.Ambiguous); // 1 and 2
    }

    /// <summary>The reviewers and products behind S3-Rec's numbers, from reviews in the order of the official file.</summary>
    [Theory]
    [InlineData("amazon14-beauty")]
    [InlineData("amazon14-sports")]
    public void NamesOfTheAmazonSetsAreFound(string name)
    {
        var events = PublicData.Load(name).Interactions;
        var raw = InOrderOfProducts(events);
        var match = NumberingMatch.Find(events, raw, inOrder: true, TestContext.Current.CancellationToken)!;
        var items = Enumerable.Range(1, events.ItemCount).Select(item => raw.ItemKeys![match.Items[item] - 1]);
        var users = match.Users.Select(user => raw.UserKeys![user]);
        Assert.Equal(events.ItemKeys, items);
        Assert.Equal(events.UserKeys, users);
    }

    /// <summary>The films and users behind SASRec's numbers, from all ratings.</summary>
    [Fact]
    public void NamesOfMovieLensAreFound()
    {
        var (known, all) = (PublicData.Load("ml-1m").Interactions, PublicData.Load("ml-1m-full").Interactions);
        var core = InteractionFilters.KCore(all, userMinimum: 0, itemMinimum: 5).Interactions;
        var match = NumberingMatch.Find(known, core, inOrder: false, TestContext.Current.CancellationToken)!;
        Assert.Equal(0, match.Ambiguous);
        Assert.Equal(known.ItemKeys, match.Items.Skip(1).Select(item => core.ItemKeys![item - 1]));
        Assert.Equal(known.UserKeys, match.Users.Select(user => core.UserKeys![user]));
    }

    // The review file stands in the order of products; numbers are given as they appear.
    private static Interactions InOrderOfProducts(Interactions events)
    {
        var builder = new InteractionBuilder();
        builder.StartFile("reviews");
        var rows = Enumerable
            .Range(0, events.Users)
            .SelectMany(user =>
                Enumerable.Range((int)events.Offsets[user], events.ByUser.LengthOf(user)).Select(row => (user, row))
            )
            .OrderBy(at => events.ItemKeys![events.Items[at.row] - 1], StringComparer.Ordinal);
        var line = 0L;
        foreach (var (user, row) in rows)
            builder.Add(events.UserKeys![user], events.ItemKeys![events.Items[row] - 1], events.Times[row], ++line);
        return builder.Build();
    }

    private static Interactions Renumber(Interactions events, ulong seed, bool inOrder)
    {
        var random = new CounterRandom(seed);
        int[] users = [.. Enumerable.Range(0, events.Users)];
        int[] items = [.. Enumerable.Range(1, events.ItemCount)];
        random.Shuffle<int>(users, 1);
        random.Shuffle<int>(items, 2);
        var rows = users
            .Select(
                (user, place) =>
                {
                    var row = Array.ConvertAll(events.ItemsOf(user).ToArray(), item => items[item - 1]);
                    if (!inOrder)
                        random.Shuffle<int>(row, (ulong)(3 + place));
                    return row;
                }
            )
            .ToArray();
        var built = DataGen.Build(rows, null);
        return new Interactions(events.ItemCount, built.Offsets.ToArray(), built.Items.ToArray());
    }
}
