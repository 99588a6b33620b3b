using GenRec.Shared.Runtime;
using static System.FormattableString;

namespace GenRec.Shared.Data.Worlds;

/// <summary>Puts the observable side of an item into English: title, description, brand, category.</summary>
internal static class ItemText
{
    public static string Brand(int brand) =>
        Vocabulary.BrandStarts[brand / Vocabulary.BrandEnds.Length]
        + Vocabulary.BrandEnds[brand % Vocabulary.BrandEnds.Length];

    /// <summary>For example <c>Fernmere Heron Rustic Bread Pan, Moss</c> or <c>The Patient Baker, Book 2: Rye Breads</c>.</summary>
    public static string Title(Catalogue items, int item)
    {
        if (items.Series[item] == 0)
            return $"{Brand(items.Brand[item])} {Vocabulary.Lines[items.Line[item]]} "
                + $"{Capitals(Vocabulary.Styles[items.Style[item]])} {Capitals(Gear(items, item))}, "
                + Capitals(Vocabulary.Colours[items.Colour[item]]);
        var themes = items.Topics[items.Topic[item]].Themes;
        var theme = themes[items.Volume[item] - 1];
        return $"{SeriesTitle(items, item)}, {Format(items, item)} {items.Volume[item]}: {theme}";
    }

    /// <summary>Four to six sentences that tell kind, style, colour, what it continues and what goes with it.</summary>
    public static string Description(Catalogue items, int item, CounterRandom random)
    {
        var opening = items.Series[item] == 0 ? DescribeGear(items, item, random) : DescribeVolume(items, item, random);
        var (first, second) = (items.Complements[item][0], items.Complements[item][1]);
        var endings = items.Series[item] == 0 ? Vocabulary.Endings : Vocabulary.SeriesEndings;
        var ending = endings[random.At(item, 1).Below(endings.Length)];
        return $"{opening} Goes well with {Mention(items, first)} or {Mention(items, second)}. {ending}";
    }

    /// <summary>Department, topic and kind, for example Kitchen, Baking, Bread Pan.</summary>
    public static string[] Category(Catalogue items, int item)
    {
        var topic = items.Topics[items.Topic[item]];
        return
        [
            topic.Department,
            topic.Name,
            items.Series[item] > 0 ? Format(items, item) : Capitals(Gear(items, item)),
        ];
    }

    private static string DescribeGear(Catalogue items, int item, CounterRandom random)
    {
        var style = Vocabulary.Styles[items.Style[item]];
        var who = items.Topics[items.Topic[item]].Practitioner.ToLowerInvariant();
        var opening = Vocabulary.Openings[random.At(item, 0).Below(Vocabulary.Openings.Length)];
        return string.Format(null, opening, style, Gear(items, item), who, Article(style), Article(who))
            + $" {Vocabulary.StyleSentences[items.Style[item]]} The colour is {Vocabulary.Colours[items.Colour[item]]}.";
    }

    private static string DescribeVolume(Catalogue items, int item, CounterRandom random)
    {
        var amount = 24 + 6 * random.At(item, 0).Below(12);
        var format = string.Format(null, Vocabulary.FormatSentences[items.Kind[item]], amount);
        var who = items.Topics[items.Topic[item]].Practitioner.ToLowerInvariant();
        var (series, volume) = (SeriesTitle(items, item), items.Volume[item]);
        var place =
            volume == 1 ? $"It opens the series {series}." : $"It continues {series} where part {volume - 1} ends.";
        return Invariant($"{format} for {Article(who)} {who}. {place} Published by {Brand(items.Brand[item])} in ")
            + $"{Article(Vocabulary.Styles[items.Style[item]])} {Vocabulary.Styles[items.Style[item]]} design with "
            + $"{Vocabulary.Colours[items.Colour[item]]} covers.";
    }

    private static string Mention(Catalogue items, int item) =>
        items.Series[item] > 0
            ? SeriesTitle(items, item)
            : $"the {Brand(items.Brand[item])} {Vocabulary.Lines[items.Line[item]]} {Gear(items, item)}";

    private static string SeriesTitle(Catalogue items, int item) =>
        $"The {Vocabulary.SeriesAdjectives[items.Line[item]]} {items.Topics[items.Topic[item]].Practitioner}";

    private static string Format(Catalogue items, int item) => Vocabulary.SeriesFormats[items.Kind[item]];

    private static string Gear(Catalogue items, int item) => items.Topics[items.Topic[item]].Gear[items.Kind[item]];

    private static string Article(string word) => "aeiou".Contains(word[0]) || word == "heirloom" ? "an" : "a";

    private static string Capitals(string words) =>
        string.Join(' ', words.Split(' ').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
