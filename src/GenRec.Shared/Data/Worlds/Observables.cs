using GenRec.Shared.Runtime;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Turns state into what a platform's log would hold; the only way from the one to the other.</summary>
internal static class Observables
{
    /// <summary>Log and item table as a data set that keeps no link to the world.</summary>
    public static Dataset Of(WorldPreset preset, ulong seed, Catalogue items, Course course, CounterRandom text)
    {
        var interactions = new Interactions(
            items.Count,
            course.Offsets,
            course.Items,
            course.Times,
            userKeys: [.. Enumerable.Range(0, preset.Users).Select(user => user.ToString("'user-'00000", null))],
            itemKeys: [.. Enumerable.Range(1, items.Count).Select(item => item.ToString("'item-'00000", null))]
        );
        var name = $"world-{preset.Name}-v{World.Version}" + (seed == World.DefaultSeed ? "" : $"-seed{seed}");
        return Dataset.Create(
            name,
            interactions,
            Table(items, text),
            [$"simulated: embedded world, preset {preset.Name}, version {World.Version}, seed {seed}"],
            "part of this project"
        );
    }

    private static ItemTable Table(Catalogue items, CounterRandom text)
    {
        var ids = Enumerable.Range(1, items.Count).ToArray();
        return new ItemTable(
            new DataFrame(
                Column(ItemTable.TitleColumn, item => ItemText.Title(items, item)),
                Column(ItemTable.BrandColumn, item => ItemText.Brand(items.Brand[item])),
                new DoubleDataFrameColumn(ItemTable.PriceColumn, ids.Select(item => items.Price[item])),
                Column(ItemTable.CategoriesColumn, item => ItemTable.JoinPaths([ItemText.Category(items, item)])),
                Column("style", item => Vocabulary.Styles[items.Style[item]]),
                Column("colour", item => Vocabulary.Colours[items.Colour[item]]),
                Column(ItemTable.DescriptionColumn, item => ItemText.Description(items, item, text))
            )
        );

        StringDataFrameColumn Column(string name, Func<int, string> value) => new(name, ids.Select(value));
    }
}
