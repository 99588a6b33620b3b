using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Display;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.SemanticIds.Clustering;
using GenRec.Shared.Training;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One OneRec run on the embedded feed: ids, sessions, generator and training, each value with its source.</summary>
/// <param name="Variant"><c>session</c>, <c>point</c> (the same model, one item at a time), <c>session-plain-ids</c>, <c>session-dense</c>.</param>
/// <param name="Dataset">A preset of the embedded feed: <c>feed</c>, <c>feed-smoke</c>, <c>feed-plain</c>.</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c>, <c>longer</c> (the same sizes) or <c>large</c>.</param>
/// <param name="Ids">Residual k-means, balanced unless that is what is compared.</param>
/// <param name="Rules">Which sessions are learned from.</param>
/// <param name="Model">Sizes, histories and beams.</param>
/// <param name="Training">How long and how fast the next-token loss is trained.</param>
/// <remarks>
/// The paper's data are private, and no public log has slates with all that its rules ask for; sizes are therefore ours
/// throughout. What follows pre-training (reward model, preference alignment) has presets of its own that begin with one of these.
/// </remarks>
public sealed record OneRecPreset(
    string Variant,
    string Dataset,
    string Scale,
    ResidualKMeansOptions Ids,
    SessionRules Rules,
    OneRecOptions Model,
    TrainingOptions Training
) : RichRecord
{
    private static readonly ResidualKMeansOptions BalancedIds = new()
    {
        Codes = 32,
        Clustering = new KMeansOptions { Balanced = true },
        Source =
            "OneRec, arXiv:2502.18965, Algorithm 1, three levels as the paper; 32 codes for 1,200 videos ours (paper: 8192)",
    };

    // The paper's rules with its five watched videos would ask for a whole slate of the feed to be watched; three of five keep
    // sessions in which a skip happened. The seconds are ours, as the paper gives no number.
    private static readonly SessionRules Rules3Of5 = new()
    {
        MaxHistory = 20,
        MinWatched = 3,
        MinWatchSeconds = 30,
    };

    private static readonly OneRecOptions Tutorial = new()
    {
        Width = 64,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Heads = 2,
        HeadWidth = 32,
        FeedForward = 128,
        Experts = 8,
        MaxHistory = 20,
        BatchSize = 64, // the rules leave some 3,500 of the feed's 20,000 sessions: small batches make enough updates of them
        Beams = 16,
        ExcludeSeen = true, // the feed's logger never shows a video twice
        ValidationCases = 500,
        Precision = Precision.BFloat16,
        Source = "sizes for a laptop ours; m = 5, top-2 experts and BOS layout of OneRec, section 3.2 and 5.1.1",
    };

    private static readonly TrainingOptions TutorialTraining = new()
    {
        Epochs = 20,
        LearningRate = 3e-3,
        Schedule = new InverseSquareRootSchedule { WarmupSteps = 100 },
        ClipNorm = 1,
        EvaluateEveryEpochs = 4,
        Metric = "logLikelihood",
    };

    private static readonly OneRecOptions Smoke = Tutorial with
    {
        Width = 16,
        EncoderLayers = 1,
        DecoderLayers = 1,
        HeadWidth = 8,
        FeedForward = 32,
        Experts = 4,
        MaxHistory = 8,
        BatchSize = 32,
        Beams = 4,
        ValidationCases = 30,
    };

    private static readonly OneRecOptions Large = Tutorial with
    {
        Width = 128,
        EncoderLayers = 3,
        DecoderLayers = 3,
        Heads = 4,
        FeedForward = 256,
        Experts = 24,
        MaxHistory = 50,
        Beams = 32,
        Source = "24 experts of which 2 work, m = 5 as OneRec, section 5.1.1; width and layers ours",
    };

    // At the tutorial's end the likelihood of held-out sessions still rises: the same sizes, three times as long.
    private static readonly TrainingOptions LongerTraining = TutorialTraining with { Epochs = 60 };

    private static readonly TrainingOptions LargeTraining = LongerTraining with
    {
        LearningRate = 1e-3,
        Schedule = new InverseSquareRootSchedule { WarmupSteps = 300 },
    };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<OneRecPreset> All { get; } =
    [
        .. Variants("feed", "tutorial", BalancedIds, Rules3Of5, Tutorial, TutorialTraining),
        .. Variants("feed-plain", "tutorial", BalancedIds, Rules3Of5, Tutorial, TutorialTraining).Take(2),
        .. Variants("feed", "longer", BalancedIds, Rules3Of5, Tutorial, LongerTraining).Take(2),
        .. Variants("feed", "large", BalancedIds, Rules3Of5 with { MaxHistory = 50 }, Large, LargeTraining).Take(2),
        .. Variants(
                "feed-smoke",
                "smoke",
                BalancedIds with
                {
                    Codes = 16,
                },
                Rules3Of5 with
                {
                    MaxHistory = 8,
                },
                Smoke,
                TutorialTraining with
                {
                    Epochs = 2,
                    EvaluateEveryEpochs = 1,
                }
            )
            .Take(2),
    ];

    /// <summary>What a user types: <c>onerec-session-feed-tutorial</c>.</summary>
    public string Name => $"onerec-{Variant}-{Dataset}-{Scale}";

    /// <summary>
    /// Users, evenly spread, whose true utility is put beside each validation, so that a record shows how it grows; 0 asks for none.
    /// Nothing is chosen by it, and a run that leaves the oracle alone does without. At least 0.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int WatchedUsers { get; init; } = 100;

    /// <summary>Whether single next items are learned from the same sessions.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsPointWise => Model.SessionLength == 1;

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static OneRecPreset Find(string name) => PresetList.Find(All, "OneRec", name, preset => preset.Name);

    /// <summary>The preset with some options changed.</summary>
    /// <param name="values">Values by option, see <see cref="OptionText.With"/>.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it or is out of range.</exception>
    public OneRecPreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        var changed = OptionText.WithAll(Name, this, values);
        changed.Model.Validate();
        changed.Training.Validate();
        OptionRanges.Check(changed);
        return changed;
    }

    /// <summary>Its feed; making it takes some seconds.</summary>
    public FeedWorld LoadWorld() => FeedWorld.Create(FeedPreset.Find(Dataset));

    private static IEnumerable<OneRecPreset> Variants(
        string dataset,
        string scale,
        ResidualKMeansOptions ids,
        SessionRules rules,
        OneRecOptions model,
        TrainingOptions training
    ) =>
        [
            new("session", dataset, scale, ids, rules, model, training),
            new(
                "point",
                dataset,
                scale,
                ids,
                rules,
                model with
                {
                    SessionLength = 1,
                    BatchSize = model.BatchSize * 4, // about as many videos as in a batch of sessions
                    Source = model.Source + "; single items of the same sessions",
                },
                training
            ),
            new(
                "session-plain-ids",
                dataset,
                scale,
                ids with
                {
                    Clustering = new KMeansOptions(),
                    Source = ids.Source + "; without equal cluster sizes, for comparison",
                },
                rules,
                model,
                training
            ),
            new(
                "session-dense",
                dataset,
                scale,
                ids,
                rules,
                model with
                {
                    Experts = 0,
                    FeedForward = model.FeedForward * model.ActiveExperts,
                    Source = model.Source + "; one network as wide as the experts that work, for comparison",
                },
                training
            ),
        ];
}
