namespace GenRec.Shared.Data.Worlds;

/// <summary>Why a choice was made; each choice has exactly one reason, and only the ground truth knows it.</summary>
public enum ChoiceReason
{
    /// <summary>Long-term taste: a topic, then an item whose brand, style and colour fit.</summary>
    Taste,

    /// <summary>An attribute is wanted: the brand, style or colour of an earlier item.</summary>
    AttributeNeed,

    /// <summary>The next volume of a series that was begun.</summary>
    Sequel,

    /// <summary>Something that goes with an item bought a short while ago.</summary>
    Complement,

    /// <summary>Short-term intent: the topic of the moment.</summary>
    Mood,

    /// <summary>No reason: anything, popular items more often.</summary>
    Noise,
}
