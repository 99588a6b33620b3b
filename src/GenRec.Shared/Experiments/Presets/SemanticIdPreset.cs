using GenRec.Shared.Data;
using GenRec.Shared.Data.Importers;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Display;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Text;
using GenRec.Shared.Training;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One way to make semantic ids of one data set's items, or a published set that is measured the same way.</summary>
/// <param name="Variant">Method and sizes, lower case with hyphens: <c>rqvae-3x256</c>.</param>
/// <param name="Dataset">A public data set with item vectors, or a preset of the embedded world.</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <remarks>Of the options of methods one is given; none of them measures the file <see cref="PublishedFile"/>.</remarks>
public sealed partial record SemanticIdPreset(string Variant, string Dataset, string Scale) : RichRecord
{
    private const string Beauty = "amazon14-beauty";
    private const string Sports = "amazon14-sports";
    private const string SentenceVectors = "text-use512.f16.npy";
    private const string LetterVectors = "cf-letter-sasrec32.f32.npy.gz"; // SASRec's item vectors, trained by wzf2000/GAMER

    /// <summary>RQ-VAE's sizes and variants.</summary>
    public RqVaeOptions? RqVae { get; init; }

    /// <summary>How RQ-VAE is trained.</summary>
    public TrainingOptions? Training { get; init; }

    /// <summary>Residual k-means, plain or balanced.</summary>
    public ResidualKMeansOptions? KMeans { get; init; }

    /// <summary>Product quantisation.</summary>
    public ProductQuantiserOptions? Product { get; init; }

    /// <summary>Balanced tree.</summary>
    public BalancedTreeOptions? Tree { get; init; }

    /// <summary>Random hyperplanes.</summary>
    public LshOptions? Lsh { get; init; }

    /// <summary>Random codes: levels and codes of each level.</summary>
    public RandomIdOptions? Random { get; init; }

    /// <summary>Levels of the shop's category tree.</summary>
    public int? CategoryLevels { get; init; }

    /// <summary>A published set in the data set's folder.</summary>
    public string? PublishedFile { get; init; }

    /// <summary>Whether the published set's last code only numbers equal ones.</summary>
    public bool PublishedIsNumbered { get; init; }

    /// <summary>Whether the published set's codes have no order.</summary>
    public bool PublishedIsProduct { get; init; }

    /// <summary>
    /// Vectors of users' behaviour: a file in the data set's folder, or a path. <see cref="RqVaeOptions.Collaborative"/> needs them;
    /// other methods' ids are compared with them where they are there.
    /// </summary>
    public string? CollaborativeFile { get; init; }

    /// <summary>What is done about items that share their codes.</summary>
    public CollisionPolicy Collisions { get; init; } = CollisionPolicy.FreeCode;

    /// <summary>Where the values come from.</summary>
    public required string Source { get; init; }

    /// <summary>Files that the data set's folder must hold besides its own; none for the embedded world.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<string> Files =>
        WorldPreset.All.Any(world => world.Name == Dataset)
            ? []
            :
            [
                SentenceVectors,
                .. PublishedFile is { } published ? new[] { published } : [],
                .. RqVae is { Collaborative: > 0 } && CollaborativeFile is { } vectors && !File.Exists(vectors)
                    ? new[] { vectors }
                    : [],
            ];

    /// <summary>What a user types: <c>sids-rqvae-3x256-amazon14-beauty-paper</c>.</summary>
    public string Name => $"sids-{Variant}-{Dataset}-{Scale}";

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static SemanticIdPreset Find(string name) =>
        PresetList.Find(All, "semantic id", name, preset => preset.Name);

    /// <summary>The preset with some options changed: those of its method, of its training, or <c>collisions</c>.</summary>
    /// <param name="values">Values by option, see <see cref="OptionText.With"/>.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it or is out of range.</exception>
    public SemanticIdPreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        var changed = OptionText.WithAll(Name, this, values);
        changed.RqVae?.Validate();
        changed.Training?.Validate();
        if (changed is { RqVae.Collaborative: > 0, CollaborativeFile: null })
            throw new ArgumentException(
                $"{Name}: collaborative is {changed.RqVae.Collaborative}, and no vectors of users' behaviour are named; "
                    + "collaborativeFile takes a file of them (.npy), one row an item.",
                nameof(values)
            );
        return changed;
    }

    /// <summary>Sizes and settings in words, for records.</summary>
    public string Settings =>
        string.Join(
            "; ",
            new[]
            {
                RqVae is { } model
                    ? $"layers {string.Join('-', model.Hidden)}-{model.Latent}, {model.Levels} x {model.Codes} codes, batch "
                        + $"{model.BatchSize}, {Training!.Epochs} epochs at {Training.LearningRate}, unused codes moved every "
                        + $"{model.ResetEverySteps} updates, weights of the best reconstruction"
                    : null,
                KMeans is { } plain
                    ? $"{plain.Levels} x {plain.Codes} codes, at most {plain.Clustering.Rounds} rounds a level"
                    : null,
                PublishedFile is { } file ? $"read from {file}" : $"shared codes: {Collisions}",
                Source,
            }.OfType<string>()
        );

    /// <summary>The quantiser of this preset; null for a published set.</summary>
    /// <param name="items">The catalogue, for ids from categories.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public IQuantiser? CreateQuantiser(ItemTable items) =>
        this switch
        {
            { RqVae: { } sizes } => new RqVaeQuantiser(sizes, Training),
            { KMeans: { } sizes } => new ResidualKMeans(sizes),
            { Product: { } sizes } => new ProductQuantiser(sizes),
            { Tree: { } shape } => new BalancedTree(shape),
            { Lsh: { } sizes } => new LshQuantiser(sizes),
            { Random: { } sizes } => new RandomIds(sizes.Levels, sizes.Codes),
            { CategoryLevels: { } levels } => new CategoryTree(items, levels),
            _ => null,
        };

    /// <summary>Catalogue and item vectors, the mean subtracted.</summary>
    /// <remarks>
    /// Public sets: the sentence vectors beside them, which share a large common direction. The embedded world: TF-IDF with
    /// singular value decomposition of its texts.
    /// </remarks>
    /// <exception cref="DirectoryNotFoundException">The data set or its vectors are not on this machine.</exception>
    public (ItemTable Items, EmbeddingMatrix Vectors) Load()
    {
        var (items, vectors) = LoadVectors();
        return (items, EmbeddingSteps.Learn(vectors, EmbeddingStep.SubtractMean).Apply(vectors));
    }

    /// <summary>The data set's interactions, last items left out, to see what shared codes do to recall.</summary>
    public Split LoadSplit() =>
        Splits.LeaveOneOut(
            WorldPreset.All.FirstOrDefault(world => world.Name == Dataset) is { } preset
                ? World.Create(preset).Dataset.Interactions
                : PublicDatasets.Load(Dataset).Interactions
        );

    /// <summary>The published ids.</summary>
    /// <exception cref="InvalidOperationException">The preset makes ids itself.</exception>
    public SemanticIdTable LoadPublished(int itemCount)
    {
        if (PublishedFile is null)
            throw new InvalidOperationException($"{Name} makes its ids; there is no file.");
        var file = Path.Combine(DataFolders.Find(Dataset, PublishedFile), PublishedFile);
        return SemanticIdFile.ReadPublished(
            file,
            itemCount,
            structure: PublishedIsProduct ? CodeStructure.Product : CodeStructure.Residual,
            isNumbered: PublishedIsNumbered,
            firstItem: PublicDatasets.Find(Dataset)?.FirstItem
        );
    }

    /// <summary>The vectors of users' behaviour, one an item; null where the preset names none, or needs none and they are not there.</summary>
    /// <param name="items">N.</param>
    /// <exception cref="DirectoryNotFoundException">They are needed and are not on this machine.</exception>
    /// <exception cref="DataFormatException">The file has another number of rows, or is damaged.</exception>
    public EmbeddingMatrix? LoadCollaborative(int items)
    {
        if (CollaborativeFile is not { } file)
            return null;
        if (File.Exists(file))
            return EmbeddingFile.Read(file, items);
        var isNeeded = RqVae is { Collaborative: > 0 };
        var folder = isNeeded ? DataFolders.Find(Dataset, file) : DataFolders.TryFind(Dataset, file);
        return folder is null ? null : EmbeddingFile.Read(Path.Combine(folder, file), items);
    }

    private (ItemTable Items, EmbeddingMatrix Vectors) LoadVectors()
    {
        if (WorldPreset.All.FirstOrDefault(world => world.Name == Dataset) is { } preset)
        {
            var items = World.Create(preset).Dataset.Items;
            var encoder = new TfIdfSvdEncoder(new TfIdfOptions { Width = Scale == "smoke" ? 32 : 128 });
            return (items, encoder.Encode(TextTemplate.Full.TextsOf(items)));
        }
        var catalogue = PublicDatasets.Load(Dataset).Items;
        var path = Path.Combine(DataFolders.Find(Dataset, SentenceVectors), SentenceVectors);
        return (catalogue, EmbeddingFile.Read(path, catalogue.ItemCount));
    }
}

/// <summary>Sizes of random ids.</summary>
public sealed record RandomIdOptions : RichRecord
{
    /// <summary>Codes of an id.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 64)]
    public int Levels { get; init; } = 3;

    /// <summary>Codes of each level.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 1_000_000)]
    public int Codes { get; init; } = 256;
}
