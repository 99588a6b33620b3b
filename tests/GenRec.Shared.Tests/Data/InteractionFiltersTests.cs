using CsCheck;
using GenRec.Shared.Data;

namespace GenRec.Shared.Tests.Data;

public class InteractionFiltersTests
{
    [Fact]
    public void KCoreIsTheLargestPartThatKeepsItsPromise() =>
        Gen.Select(DataGen.Timed, Gen.Int[0, 4], Gen.Int[0, 4])
            .Sample(
                (all, userMinimum, itemMinimum) =>
                {
                    var core = InteractionFilters.KCore(all, userMinimum, itemMinimum).Interactions;

                    Assert.Equal(BruteForce(all, userMinimum, itemMinimum), DataGen.Rows(core));
                    for (var user = 0; user < core.Users; user++)
                        Assert.True(core.ByUser.LengthOf(user) >= Math.Max(1, userMinimum));
                    Assert.All(core.ItemCounts()[1..], count => Assert.True(count >= Math.Max(1, itemMinimum)));
                },
                iter: 300
            );

    [Fact]
    public void KCoreRemovesWhatRemovalBringsBelow()
    {
        // Without item 2 users 0 and 1 have too little, without them item 1, and so on: one pass would leave a part.
        var all = DataGen.Build(
            [
                [1, 2],
                [1, 2],
                [3, 3, 1],
                [3],
            ],
            null
        );
        Assert.Equal(0, InteractionFilters.KCore(all, 2, 3).Interactions.Count);
        var core = InteractionFilters.KCore(all, 2, 2);
        Assert.Equal([0, 1, 2], core.Users);
        Assert.Equal([1, 2, 3], core.Items);
    }

    [Fact]
    public void ItemsOfACoreKeepTheirDescription()
    {
        var all = DataGen.Build(
            [
                [1, 3],
                [3, 3, 1],
                [2],
            ],
            null
        );
        var table = new GenRec.Shared.Data.Importers.ItemTableBuilder(3);
        foreach (var item in new[] { 1, 2, 3 })
            table.Set(item - 1, ItemTable.TitleColumn, $"title {item}");
        var core = Dataset.Create("tiny", all, table.Build()).KCore(2, 2);
        Assert.Equal(["title 1", "title 3"], new[] { 1, 2 }.Select(core.Items.Title));
        Assert.Equal((2, 2, 5), (core.Card.Users, core.Card.Items, core.Card.Interactions));
    }

    [Fact]
    public void KeepLastKeepsTheLatest() =>
        Gen.Select(DataGen.Timed, Gen.Int[0, 5])
            .Sample(
                (all, most) =>
                {
                    var kept = InteractionFilters.KeepLast(all, most);
                    for (var user = 0; user < all.Users; user++)
                        Assert.Equal(DataGen.Events(all, user).TakeLast(most), DataGen.Events(kept, user));
                }
            );

    private static string[] BruteForce(Interactions all, int userMinimum, int itemMinimum)
    {
        var events = Enumerable
            .Range(0, all.Users)
            .SelectMany(user =>
                DataGen.Events(all, user).Select((text, place) => (user, item: all.ItemsOf(user)[place], text))
            )
            .ToList();
        while (
            events.RemoveAll(e =>
                events.Count(other => other.user == e.user) < userMinimum
                || events.Count(other => other.item == e.item) < itemMinimum
            ) > 0
        ) { }
        return
        [
            .. events.GroupBy(e => e.user).Select(row => $"u{row.Key}: {string.Join(' ', row.Select(e => e.text))}"),
        ];
    }
}
