namespace GenRec.Shared.Data.Worlds;

/// <summary>What stays the same about a user.</summary>
/// <param name="Brands">Bit b: brand b is a favourite.</param>
/// <param name="Styles">Bit s: style s is a favourite.</param>
/// <param name="Colours">Bit c: colour c is a favourite.</param>
/// <param name="Inclination">How much each reason counts with this user, <c>[reasons]</c>, around 1.</param>
/// <param name="Restlessness">Mean number of days between sessions.</param>
internal sealed record UserTraits(ulong Brands, ulong Styles, ulong Colours, double[] Inclination, double Restlessness)
{
    /// <summary>How an item suits the user beyond its topic: a factor around 1, larger is better.</summary>
    public double Fit(Catalogue items, int item) =>
        ((Brands >> items.Brand[item] & 1) != 0 ? 4.0 : 1.0)
        * ((Styles >> items.Style[item] & 1) != 0 ? 3.0 : 1.0)
        * ((Colours >> items.Colour[item] & 1) != 0 ? 1.5 : 1.0);
}

/// <summary>Long-term taste at one time: topics and how much each is liked.</summary>
/// <param name="Topics">Topics the user cares for, all different.</param>
/// <param name="Weights">Share of each, sums to 1.</param>
internal sealed record Interests(int[] Topics, double[] Weights);

/// <summary>State of one user just before one choice; with the history it fixes the distribution of the choice.</summary>
/// <param name="Interests">Long-term taste now.</param>
/// <param name="Intent">Topic of the moment, or -1.</param>
/// <param name="NeedItem">The item whose attribute is wanted, or 0.</param>
/// <param name="NeedAttribute">0 brand, 1 style, 2 colour.</param>
/// <param name="OpensSession">Whether the choice is the first of a session.</param>
internal readonly record struct Moment(
    Interests Interests,
    int Intent,
    int NeedItem,
    int NeedAttribute,
    bool OpensSession
);
