using System.Security.Cryptography;
using System.Text;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>A simulated shop with a known truth: what its log holds, and, apart from it, why.</summary>
/// <remarks>
/// Three layers that never mix. State, how items and users really are, stays inside the simulator. Observables, what a
/// platform's log would hold, are the <see cref="Dataset"/>; it keeps no link to the world, so whoever is given it alone
/// cannot reach the truth. Ground truth is the <see cref="Oracle"/>, for evaluation and figures. All numbers come from
/// <see cref="CounterRandom"/> and <see cref="PortableMath"/>: preset, seed and <see cref="Version"/> name the same world
/// on every machine. It is a world of our own and stands for no published data set.
/// </remarks>
/// <example>
/// <code>
/// var world = World.Create(WorldPreset.Sequences);
/// var split = Splits.LeaveOneOut(world.Dataset.Interactions); // all that a model may see
/// var ceiling = world.Oracle.Ceiling(split.Test, k: 10); // the best expected Recall@10 and NDCG@10
/// </code>
/// </example>
public sealed class World : RichObject
{
    /// <summary>Rises whenever items, text or choices of any preset change; part of the data set's name and card.</summary>
    public const int Version = 1;

    /// <summary>The seed of the world that the notebooks and records use.</summary>
    public const ulong DefaultSeed = 1;

    private World(WorldPreset preset, ulong seed)
    {
        (Preset, Seed) = (preset, seed);
        var random = new CounterRandom(seed).Fork("world");
        var items = new Catalogue(preset, random.Fork("items"));
        var course = new Simulator(preset, items, random.Fork("users")).Run();
        Dataset = Observables.Of(preset, seed, items, course, random.Fork("text"));
        Oracle = new WorldOracle(preset, items, course, random.Fork("trials"));
    }

    /// <summary>Size and laws.</summary>
    public WorldPreset Preset { get; }

    /// <summary>The seed it was made from.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// Observables: who chose what on which day (times are midnights, so that items of one day tie; their order is the true
    /// one), and title, brand, price, categories, style, colour and description of each item.
    /// </summary>
    public Dataset Dataset { get; }

    /// <summary>Ground truth, for evaluation and figures only.</summary>
    public WorldOracle Oracle { get; }

    /// <summary>Makes a world; the <see cref="WorldPreset.Sequences"/> preset takes about a second.</summary>
    /// <param name="preset">Size and laws.</param>
    /// <param name="seed">Worlds of different seeds share the word lists and laws, nothing else.</param>
    /// <exception cref="ArgumentException">A value of the preset is out of range, or two do not go together.</exception>
    public static World Create(WorldPreset preset, ulong seed = DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(preset);
        preset.Check();
        return new World(preset, seed);
    }

    /// <summary>
    /// SHA-256, in hexadecimal, over all observables, all reasons and the bits of a sample of true probabilities; equal on
    /// every machine.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var column in Dataset.Items.Frame.Columns)
            for (var row = 0; row < Dataset.Items.ItemCount; row++)
                Add(FormattableString.Invariant($"{column[row]}\n"));
        var log = Dataset.Interactions;
        for (var user = 0; user < log.Users; user++)
        {
            var (items, times) = (log.ItemsOf(user).ToArray(), log.TimesOf(user).ToArray());
            for (var at = 0; at < items.Length; at++)
                Add($"{items[at]} {times[at]} {Oracle.ReasonOf(user, at)}\n");
            if (user % 50 == 0)
                foreach (var probability in Oracle.NextItem(user, items.Length))
                    Add($"{BitConverter.DoubleToInt64Bits(probability):x}\n");
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
    }
}
