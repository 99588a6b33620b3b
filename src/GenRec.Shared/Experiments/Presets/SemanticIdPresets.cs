using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.SemanticIds.Neural;
using GenRec.Shared.Training;

namespace GenRec.Shared.Experiments.Presets;

public sealed partial record SemanticIdPreset
{
    // Layers, levels and codes of TIGER (arXiv:2305.05065); AdamW at 1e-3 with weight decay 1e-4 of LC-Rec's index/run.sh in
    // place of TIGER's Adagrad; length, the new place for unused codes and the choice of the checkpoint are ours. LC-Rec's
    // trainer keeps the one with the fewest collisions; here collisions are repaired, and the fewest come early, long before the
    // reconstruction is at its best.
    private static readonly RqVaeOptions Tiger = new()
    {
        ResetEverySteps = 24,
        Source = "TIGER's sizes; unused codes moved every two epochs and bfloat16 products ours",
    };

    // Code of LETTER (HonghuiBao2000/LETTER, RQ-VAE/scripts and vq.py): means, straight-through sums between levels, balanced start,
    // alpha 0.1 on Beauty (0.01 on Instruments, about 0.02 in the paper), beta 1e-4, Sinkhorn at the last level. Layers are TIGER's,
    // since the vectors here have 512 columns and not LLaMA's 4,096.
    private static readonly RqVaeOptions Letter = new()
    {
        Levels = 4,
        Scale = LossScale.Mean,
        Residual = ResidualGradient.FirstLevelOnly,
        BoundedStart = true,
        LastLevelEpsilon = 0.003,
        Collaborative = 0.1,
        Diversity = 1e-4,
        RegroupEveryEpochs = 50,
        Source =
            "LETTER, arXiv:2405.07314, with the values of its code for Beauty; layers of TIGER; codes grouped anew every 50 epochs, "
            + "length, checkpoint and bfloat16 products ours",
    };

    private static readonly TrainingOptions Long = RqVaeQuantiser.DefaultTraining with
    {
        Epochs = 600,
        EvaluateEveryEpochs = 25,
        Metric = "explained",
        RestoreBest = true,
        Schedule = new LinearSchedule { WarmupSteps = 100 },
    };

    private static readonly TrainingOptions Short = Long with
    {
        Epochs = 200,
        EvaluateEveryEpochs = 20,
        LearningRate = 3e-3, // few steps
    };

    private static readonly ResidualKMeansOptions PlainKMeans = new();

    private static readonly ResidualKMeansOptions Balanced = PlainKMeans with
    {
        Clustering = new KMeansOptions { Balanced = true },
        Source = "OneRec, arXiv:2502.18965, Algorithm 1, with TIGER's sizes",
    };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<SemanticIdPreset> All { get; } =
    [
        .. new[] { Beauty, Sports }.SelectMany(Papers),
        new("letter-4x256", Beauty, "paper")
        {
            RqVae = Letter,
            Training = Long,
            CollaborativeFile = LetterVectors,
            Collisions = CollisionPolicy.Sinkhorn,
            Source = Letter.Source,
        },
        .. Small("sequences", "tutorial", codes: 64, Short),
        .. Small("smoke", "smoke", codes: 16, Short with { Epochs = 4, EvaluateEveryEpochs = 2 }),
        Published("letter-rqvae-4x256", "HonghuiBao2000/LETTER, data/Beauty/Beauty.index.json"),
        Published("iba-rqvae-4x256", "suolong666/IBA"),
        Published("tiger-noname-rqvae-4x256", "NonameUntitled/tiger (8ec51b3)"),
        Published("tiger-noname-rqkmeans-4x256", "NonameUntitled/tiger (8ec51b3)"),
        Published("unigenrec-text-rqvae-3x256", "momingh/UniGenRec (fb3d294)") with
        {
            PublishedIsNumbered = true,
        },
        Published("unigenrec-text-rqkmeans-4x256", "momingh/UniGenRec (fb3d294)") with
        {
            PublishedIsNumbered = true,
        },
        Published("unigenrec-text-opq-32x256", "momingh/UniGenRec (fb3d294)") with
        {
            PublishedIsProduct = true,
        },
        Published("unigenrec-lightgcn-rqkmeansplus-16x128", "momingh/UniGenRec (fb3d294)") with
        {
            PublishedIsNumbered = true,
        },
    ];

    private static IEnumerable<SemanticIdPreset> Papers(string dataset) =>
        [
            new("rqvae-3x256", dataset, "paper")
            {
                RqVae = Tiger,
                Training = Long,
                Source = Tiger.Source,
            },
            new("rqvae-4x256", dataset, "paper")
            {
                RqVae = Tiger with { Levels = 4 },
                Training = Long,
                Source = Tiger.Source + "; four levels as LC-Rec and LETTER",
            },
            KMeansPreset("rqkmeans-3x256", dataset, "paper", PlainKMeans),
            KMeansPreset("rqkmeans-4x256", dataset, "paper", PlainKMeans with { Levels = 4 }),
            KMeansPreset("balanced-3x256", dataset, "paper", Balanced),
            new("opq-32x256", dataset, "paper")
            {
                Product = new ProductQuantiserOptions(),
                Source = "RPG, arXiv:2506.05781: 32 parts of 256 codes",
            },
            new("tree-128x2", dataset, "paper")
            {
                Tree = dataset == Beauty ? new() : new() { Levels = 3 },
                Source = "EAGER, lib/KmeansTree.py: 128 branches; a third level where two have no room",
            },
            new("lsh-4x256", dataset, "paper")
            {
                Lsh = new LshOptions(),
                Collisions = CollisionPolicy.ExtraToken,
                Source = "TIGER's ablation: 8 hyperplanes a code; 4 codes ours",
            },
            new("random-3x256", dataset, "paper")
            {
                Random = new RandomIdOptions(),
                Collisions = CollisionPolicy.ExtraToken,
                Source = "TIGER's control with its sizes",
            },
            new("category-3", dataset, "paper")
            {
                CategoryLevels = 3,
                Collisions = CollisionPolicy.ExtraToken,
                Source = "ours: three levels of the shop's categories and a number",
            },
        ];

    private static IEnumerable<SemanticIdPreset> Small(
        string dataset,
        string scale,
        int codes,
        TrainingOptions training
    ) =>
        [
            new($"rqvae-3x{codes}", dataset, scale)
            {
                RqVae = Tiger with { Hidden = [64], Codes = codes, BatchSize = 256 },
                Training = training,
                Source = "ours: sizes for a laptop",
            },
            KMeansPreset($"rqkmeans-3x{codes}", dataset, scale, PlainKMeans with { Codes = codes }),
            KMeansPreset($"balanced-3x{codes}", dataset, scale, Balanced with { Codes = codes }),
        ];

    private static SemanticIdPreset KMeansPreset(
        string variant,
        string dataset,
        string scale,
        ResidualKMeansOptions sizes
    ) => new(variant, dataset, scale) { KMeans = sizes, Source = sizes.Source };

    private static SemanticIdPreset Published(string set, string source) =>
        new($"{set}-published", Beauty, "paper")
        {
            PublishedFile = $"sids/{set}.tsv.gz",
            Collisions = CollisionPolicy.None,
            Source = source,
        };
}
