using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>What the shop shows of one item.</summary>
/// <param name="Title">Short English name, different for each item.</param>
/// <param name="Description">A few English sentences.</param>
/// <param name="Category">Path in the category tree, for example <c>Kitchen > Baking > Bread Pan</c>.</param>
/// <param name="Brand">Maker or publisher.</param>
/// <param name="Style">One of twelve styles.</param>
/// <param name="Colour">One of ten colours.</param>
/// <param name="Price">In the shop's currency.</param>
public sealed record WorldItem(
    string Title,
    string Description,
    string Category,
    string Brand,
    string Style,
    string Colour,
    double Price
)
{
    internal static WorldItem[] Describe(Catalogue items, CounterRandom random) =>
        [
            .. Enumerable
                .Range(1, items.Count)
                .Select(item => new WorldItem(
                    ItemText.Title(items, item),
                    ItemText.Description(items, item, random),
                    ItemText.Category(items, item),
                    ItemText.Brand(items.Brand[item]),
                    Vocabulary.Styles[items.Style[item]],
                    Vocabulary.Colours[items.Colour[item]],
                    items.Price[item]
                )),
        ];
}
