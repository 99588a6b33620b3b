using System.Text.Json.Serialization;
using GenRec.Shared.Display;

namespace GenRec.Shared.SemanticIds;

/// <summary>How the codes of one id belong together.</summary>
public enum CodeStructure
{
    /// <summary>Coarse to fine; a code means the same direction of the residual behind every prefix (RQ-VAE, residual k-means).</summary>
    [JsonStringEnumMemberName("residual")]
    Residual,

    /// <summary>Coarse to fine; a code means something only behind its prefix: the child of a node (EAGER, category tree).</summary>
    [JsonStringEnumMemberName("tree")]
    Tree,

    /// <summary>Without order: each code describes another part of the vector (product quantisation, RPG).</summary>
    [JsonStringEnumMemberName("product")]
    Product,
}

/// <summary>What an id table was made from, for records and for whoever finds the file later.</summary>
/// <param name="Method">The quantiser with its sizes, for example <c>rq-kmeans 3x256</c>.</param>
public sealed record SemanticIdOrigin(string Method) : RichRecord
{
    /// <summary>Seed of everything random; null where nothing was.</summary>
    public long? Seed { get; init; }

    /// <summary>SHA-256 of the vectors it was fitted on, hexadecimal; null where unknown.</summary>
    public string? InputHash { get; init; }

    /// <summary>What was done about items that share their codes, in a sentence; null where unknown.</summary>
    public string? Collisions { get; init; }
}
