using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;
using Microsoft.Data.Analysis;

namespace GenRec.Shared.Data;

/// <summary>One search: what was asked, shown, clicked and bought.</summary>
/// <param name="UserId">Who searched; the file's number.</param>
/// <param name="SessionId">In which session.</param>
/// <param name="TimeIndex">When, on the source's own clock; larger is later.</param>
/// <param name="Query">What was typed.</param>
/// <param name="ImpressedItemIds">Items shown.</param>
/// <param name="ClickedItemIds">Those of them that were clicked.</param>
/// <param name="PurchasedItemIds">Those that were bought.</param>
/// <param name="Split">The source's part, for example <c>train</c>.</param>
public sealed record SearchImpression(
    int UserId,
    int SessionId,
    long TimeIndex,
    string Query,
    IReadOnlyList<int> ImpressedItemIds,
    IReadOnlyList<int> ClickedItemIds,
    IReadOnlyList<int> PurchasedItemIds,
    string Split
) : RichRecord;

/// <summary>One item offered to one searching user, with what was known at that time.</summary>
/// <param name="UserId">Who searched; the file's number.</param>
/// <param name="SessionId">In which session.</param>
/// <param name="UserFanNumber">How many follow the user.</param>
/// <param name="UserFollowNumber">How many the user follows.</param>
/// <param name="TimeIndex">When, on the source's own clock; larger is later.</param>
/// <param name="SearchEntrance">Where the search was begun, for example <c>mall</c>.</param>
/// <param name="RecentlyClickedItemIds">Items clicked before.</param>
/// <param name="RecentlyPurchasedItemIds">Items bought before.</param>
/// <param name="Query">What was typed.</param>
/// <param name="TargetItemId">The item offered.</param>
/// <param name="TargetItemPrice">Its price, in the source's unit.</param>
/// <param name="IsClicked">1 where it was clicked.</param>
/// <param name="IsPurchased">1 where it was bought.</param>
/// <param name="UserStatisticalFeatures">Counts about the user by name, of the 30 days before.</param>
/// <param name="TargetItemStatisticalFeatures">Counts about the item by name, of the 30 days before.</param>
/// <param name="Split">The source's part, for example <c>train</c>.</param>
public sealed record RankedItem(
    int UserId,
    int SessionId,
    int UserFanNumber,
    int UserFollowNumber,
    long TimeIndex,
    string SearchEntrance,
    IReadOnlyList<int> RecentlyClickedItemIds,
    IReadOnlyList<int> RecentlyPurchasedItemIds,
    string Query,
    int TargetItemId,
    double TargetItemPrice,
    int IsClicked,
    int IsPurchased,
    IReadOnlyDictionary<string, double> UserStatisticalFeatures,
    IReadOnlyDictionary<string, double> TargetItemStatisticalFeatures,
    string Split
) : RichRecord;

/// <summary>How well an item fits a query, as people judged it.</summary>
/// <param name="Query">What was typed.</param>
/// <param name="ItemTitle">The item's title.</param>
/// <param name="Brand">Its brand.</param>
/// <param name="SellerName">Who sells it.</param>
/// <param name="AttrValue">Values of its attributes, apart by commas.</param>
/// <param name="Score">0, not at all, to 3.</param>
public sealed record RelevanceJudgement(
    string Query,
    string ItemTitle,
    string? Brand,
    string? SellerName,
    string? AttrValue,
    int Score
) : RichRecord;

/// <summary>A log of an e-commerce search.</summary>
/// <remarks>In the demonstration files searches and item descriptions are separate samples: hardly an item is in both.</remarks>
/// <param name="Items">Described items; row <c>i</c> is <c>ItemKeys[i]</c>.</param>
/// <param name="ItemKeys">The file's item numbers.</param>
/// <param name="Users">Described users; row <c>u</c> is <c>UserKeys[u]</c>.</param>
/// <param name="UserKeys">The file's user numbers.</param>
/// <param name="Searches">Searches with what followed (<c>recall</c>).</param>
/// <param name="Ranked">Single offers with features (<c>rank</c>).</param>
/// <param name="Judgements">Query and item pairs with a score (<c>relevance</c>).</param>
/// <param name="Report">What was read.</param>
public sealed record SearchLog(
    ItemTable Items,
    IReadOnlyList<string> ItemKeys,
    DataFrame Users,
    IReadOnlyList<string> UserKeys,
    IReadOnlyList<SearchImpression> Searches,
    IReadOnlyList<RankedItem> Ranked,
    IReadOnlyList<RelevanceJudgement> Judgements,
    ImportReport Report
) : RichRecord;
