using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data;

/// <summary>One data set: who did what, what the items are, and where both come from.</summary>
/// <param name="Name">The set's name in records, for example <c>amazon14-beauty</c>.</param>
/// <param name="Interactions">All events.</param>
/// <param name="Items">What is known about the items; <c>ItemCount</c> rows.</param>
/// <param name="Card">Counts, sources, licence.</param>
public sealed record Dataset(string Name, Interactions Interactions, ItemTable Items, DataCard Card) : RichRecord
{
    /// <summary>What is known about the users, row <c>u</c> for user <c>u</c>; null where nothing is.</summary>
    public DataFrame? Users { get; init; }

    /// <summary>The split that the source itself ships; null where there is none.</summary>
    public Split? ShippedSplit { get; init; }

    /// <summary>What the import noticed; null for data that was not imported.</summary>
    public ImportReport? Report { get; init; }

    /// <summary>What the source has and this machine has not, a sentence each with what to do; empty where all is here.</summary>
    public IReadOnlyList<string> Gaps { get; init; } = [];

    /// <summary>The item table, where it has a column.</summary>
    /// <param name="column">The column that is needed, for example <see cref="ItemTable.TitleColumn"/>.</param>
    /// <exception cref="InvalidOperationException">It has not; the message says what there is and what to do.</exception>
    public ItemTable ItemsWith(string column) =>
        Items.Has(column)
            ? Items
            : throw new InvalidOperationException(
                $"{Name} has no '{column}' of its items here. "
                    + (Items.Columns.Any() ? $"There are: {string.Join(", ", Items.Columns)}. " : "")
                    + string.Join(' ', Gaps)
            );

    /// <summary>Puts a set together and computes its card.</summary>
    /// <param name="name">The set's name.</param>
    /// <param name="interactions">All events.</param>
    /// <param name="items">A table of <c>ItemCount</c> rows, or null where nothing is known.</param>
    /// <param name="sources">Where the data comes from.</param>
    /// <param name="licence">What may be done with it.</param>
    /// <exception cref="ArgumentException">The item table has another number of items.</exception>
    public static Dataset Create(
        string name,
        Interactions interactions,
        ItemTable? items = null,
        IReadOnlyList<string>? sources = null,
        string licence = "not stated"
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        items ??= ItemTable.Empty(interactions.ItemCount);
        if (items.ItemCount != interactions.ItemCount)
            throw new ArgumentException(
                $"The item table has {items.ItemCount} rows, the interactions {interactions.ItemCount} items.",
                nameof(items)
            );
        return new Dataset(name, interactions, items, DataCard.Of(name, interactions, sources, licence));
    }

    /// <summary>
    /// The part in which each user and each item has enough events, see <see cref="InteractionFilters.KCore"/>; items, users
    /// and card follow, a shipped split does not.
    /// </summary>
    /// <param name="userMinimum">Fewest events of a user.</param>
    /// <param name="itemMinimum">Fewest events of an item.</param>
    public Dataset KCore(int userMinimum, int itemMinimum)
    {
        var part = InteractionFilters.KCore(Interactions, userMinimum, itemMinimum);
        var name = $"{Name}-core{userMinimum}x{itemMinimum}";
        return Create(name, part.Interactions, Items.Select(part.Items), Card.Sources, Card.Licence) with
        {
            Users = Users?[part.Users],
            Report = Report,
            Gaps = Gaps,
        };
    }
}
