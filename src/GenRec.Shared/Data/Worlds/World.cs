using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>A simulated shop with a known truth: what its log holds, and, apart from it, why.</summary>
/// <remarks>
/// Three layers that never mix. State (how items and users really are) is internal to the simulator. Observables are
/// what a platform's log would hold. Ground truth is the <see cref="Oracle"/>, a type of its own that only the world
/// hands out: whoever is given the observables alone cannot reach it. All numbers come from <see cref="CounterRandom"/>
/// and <see cref="PortableMath"/>, so preset, seed and <see cref="Version"/> name the same world on every machine. It
/// is not, and does not resemble, any published data set.
/// </remarks>
public sealed class World
{
    /// <summary>Changes whenever any preset's items, text or choices change; belongs in every record.</summary>
    public const int Version = 1;

    private readonly Course course;

    private World(WorldPreset preset, ulong seed)
    {
        (Preset, Seed) = (preset, seed);
        var random = new CounterRandom(seed).Fork($"world {Version}");
        var items = new Catalogue(preset, random.Fork("items"));
        course = new Simulator(preset, items, random.Fork("users")).Run();
        Interactions = new Interactions(
            items.Count,
            course.Offsets,
            course.Items,
            course.Times,
            userKeys: [.. Enumerable.Range(0, preset.Users).Select(user => $"user-{user:D5}")],
            itemKeys: [.. Enumerable.Range(1, items.Count).Select(item => $"item-{item:D5}")]
        );
        Items = WorldItem.Describe(items, random.Fork("text"));
        Oracle = new WorldOracle(preset, items, course, random.Fork("resample"));
    }

    /// <summary>Size and laws.</summary>
    public WorldPreset Preset { get; }

    /// <summary>The seed it was made from.</summary>
    public ulong Seed { get; }

    /// <summary>Observables: who chose what and when. Times are midnights, so items of one day tie.</summary>
    public Interactions Interactions { get; }

    /// <summary>Observables: what the shop says about each item; entry <c>i</c> describes item <c>i + 1</c>.</summary>
    public IReadOnlyList<WorldItem> Items { get; }

    /// <summary>Ground truth, for evaluation and figures only.</summary>
    public WorldOracle Oracle { get; }

    /// <summary>Makes a world; the <see cref="WorldPreset.Sequences"/> preset takes about a second.</summary>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">A value of the preset is out of range.</exception>
    public static World Create(WorldPreset preset, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(preset);
        preset.Check();
        return new World(preset, seed);
    }

    /// <summary>SHA-256 over all observables and reasons, in hexadecimal; equal on every machine.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in Items)
            Add(
                $"{item.Title}\n{item.Description}\n{item.Category}\n{item.Brand}\n{item.Style}\n{item.Colour}\n{item.Price}\n"
            );
        for (var user = 0; user < Interactions.Users; user++)
        {
            var items = Interactions.ItemsOf(user);
            var times = Interactions.TimesOf(user);
            for (var at = 0; at < items.Length; at++)
                Add($"{items[at]} {times[at]} {(int)Oracle.ReasonOf(user, at)}\n");
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
    }
}
