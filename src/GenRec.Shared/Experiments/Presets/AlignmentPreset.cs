using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Alignment;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>The reward model of an alignment, and how it is trained.</summary>
/// <param name="Model">Sizes; the histories and slates are the feed's.</param>
/// <param name="Training">How long and how fast L_RM is trained.</param>
public sealed record JudgePreset(SessionRewardOptions Model, TrainingOptions Training) : RichRecord
{
    /// <summary>Share of each user's latest sessions that calibration is measured on, above 0, below 1.</summary>
    [Range(0.01, 0.99)]
    public double HeldOut { get; init; } = 0.2;

    /// <summary>The quantile of session watch time from which on it counts 1, see <see cref="WatchTimeScale"/>.</summary>
    [Range(0.01, 1.0)]
    public double CapQuantile { get; init; } = 0.99;

    /// <summary>
    /// Train on the labels of other sessions, drawn at random: a judge that is right on average and knows nothing. The negative
    /// control of an alignment.
    /// </summary>
    public bool ShuffledLabels { get; init; }
}

/// <summary>One alignment of OneRec on the embedded feed: pre-training, reward model and rounds, each value with its source.</summary>
/// <param name="Variant"><c>ipa</c>, <c>one-shot</c>, <c>random-pairs</c>, a loss (<c>s-dpo</c>, <c>ipo</c>, ..) or a control.</param>
/// <param name="Dataset">A preset of the embedded feed.</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>longer</c>.</param>
/// <param name="Base">The session-wise model that is aligned.</param>
/// <param name="Judge">The reward model.</param>
/// <param name="Alignment">Rounds, sampling and pairs.</param>
/// <param name="Training">Rate and optimizer of the rounds; its epochs are the rounds.</param>
/// <remarks>
/// Variants of one data set and scale make equally many updates from equal weights. What the paper does not give (beta, lambda,
/// rounds) was fixed for all of them before any of these presets was measured; nothing was chosen by true utility.
/// </remarks>
public sealed record AlignmentPreset(
    string Variant,
    string Dataset,
    string Scale,
    OneRecPreset Base,
    JudgePreset Judge,
    AlignmentOptions Alignment,
    TrainingOptions Training
) : RichRecord
{
    private const string Ours =
        "OneRec, arXiv:2502.18965, Algorithm 2; beta, lambda and rounds are not given there and ours, as are ratio and beams for "
        + "a log of some thousand sessions (paper: 1 % and 128)";

    private static readonly JudgePreset Judging = new(
        new SessionRewardOptions { Dropout = 0.3 },
        new TrainingOptions
        {
            Epochs = 4,
            LearningRate = 3e-3,
            Metric = "logLikelihood",
        }
    );

    private static readonly AlignmentOptions Tutorial = new()
    {
        Ratio = 0.3,
        Beams = 8,
        Rounds = 4,
        Weight = 3,
        BatchSize = 64,
    };

    private static readonly AlignmentOptions Longer = Tutorial with { Beams = 16, Rounds = 10 };

    private static readonly TrainingOptions Rounds = new() { LearningRate = 1e-3 };

    // Beta of the losses with a reference is one value, so that they differ in form alone.
    private static readonly PreferenceOptions Strong = new() { Beta = 0.3 };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<AlignmentPreset> All { get; } =
    [
        .. Variants("feed", "tutorial", "tutorial", Tutorial, samples: 800, watched: 200),
        .. Controls(Variants("feed-plain", "tutorial", "tutorial", Tutorial, samples: 800, watched: 200)),
        .. Variants("feed", "longer", "longer", Longer, samples: 0, watched: 200),
        .. Variants(
                "feed-smoke",
                "smoke",
                "smoke",
                Tutorial with
                {
                    Beams = 4,
                    Rounds = 2,
                    BatchSize = 16,
                },
                samples: 32,
                watched: 10
            )
            .Select(preset =>
                preset with
                {
                    Judge = Judging with
                    {
                        Model = Judging.Model with { Width = 8, Tower = 8, HistoryLength = 8 },
                        Training = Judging.Training with { Epochs = 1 },
                    },
                }
            ),
    ];

    /// <summary>What a user types: <c>onerec-ipa-feed-tutorial</c>.</summary>
    public string Name => $"onerec-{Variant}-{Dataset}-{Scale}";

    /// <summary>The loss of the pairs.</summary>
    public PreferenceOptions Preference { get; init; } = new();

    /// <summary>
    /// Folder of a finished run of <see cref="Base"/> with the same seed, whose weights are taken; null pre-trains in the run's own
    /// folder. Alignments to be compared take the same, and spare its time.
    /// </summary>
    public string? Pretrained { get; init; }

    /// <summary>Training sessions that take part, evenly spread; 0 takes all. At least 0.</summary>
    [Range(0, int.MaxValue)]
    public int Samples { get; init; }

    /// <summary>Users that are served before the first round and after each, evenly spread; at least 1.</summary>
    [Range(1, 1_000_000)]
    public int WatchedUsers { get; init; } = 200;

    /// <summary>Sessions of each of them, over which the reward's mean and maximum go; at least 1.</summary>
    [Range(1, 4096)]
    public int WatchedBeams { get; init; } = 8;

    /// <summary>Where the values come from.</summary>
    public string Source { get; init; } = Ours;

    /// <summary>The alignment's options with the loss.</summary>
    internal AlignmentOptions Options() => Alignment with { Loss = Preference.Create() };

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static AlignmentPreset Find(string name) =>
        PresetList.Find(All, "OneRec alignment", name, preset => preset.Name);

    /// <summary>The preset with some options changed. Rounds and the training's epochs are one number, and either may be given.</summary>
    /// <param name="values">Values by option, see <see cref="OptionText.With"/>.</param>
    /// <exception cref="ArgumentException">
    /// There is no such option, or a value does not fit it, is out of range or contradicts another.
    /// </exception>
    public AlignmentPreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        var changed = OptionText.WithAll(Name, this, values);
        if (changed.Training.Epochs == Training.Epochs && changed.Training.Steps is null)
            changed = changed with { Training = changed.Training with { Epochs = changed.Alignment.Rounds } };
        else if (changed.Alignment.Rounds == Alignment.Rounds && changed.Training.Epochs is { } epochs)
            changed = changed with { Alignment = changed.Alignment with { Rounds = epochs } };
        changed.Validate();
        return changed;
    }

    /// <summary>Checks every option and their agreement.</summary>
    /// <exception cref="ArgumentException">Names the option, its value and what it may be.</exception>
    public void Validate()
    {
        OptionRanges.Check(this);
        Base.With([]);
        Judge.Model.Validate();
        Judge.Training.Validate();
        Training.Validate();
        Options().Validate();
        if (
            Training.Epochs != Alignment.Rounds
            || Training.EvaluateEveryEpochs != 1
            || Training.EvaluateEverySteps is not null
        )
            throw new ArgumentException(
                $"An alignment of {Alignment.Rounds} rounds is trained for as many epochs and measured after each; the training's epochs "
                    + $"are {Training.Epochs?.ToString() ?? "not given"}, and it is measured every "
                    + (
                        Training.EvaluateEverySteps is { } steps
                            ? $"{steps} steps"
                            : $"{Training.EvaluateEveryEpochs} epochs"
                    )
                    + ". Set alignment.rounds alone."
            );
        if (Training.Metric is not null)
            throw new ArgumentException(
                $"The training's metric is {Training.Metric}: an alignment ends with its last round, because what it watches is the "
                    + "reward that it is trained on. Leave training.metric out."
            );
        if (Base.IsPointWise)
            throw new ArgumentException(
                $"{Base.Name} writes single items; preference pairs are made of sessions. Take a session-wise base."
            );
        if (Base.Dataset != Dataset)
            throw new ArgumentException($"The base is of the feed '{Base.Dataset}' and the alignment of '{Dataset}'.");
    }

    private static IEnumerable<AlignmentPreset> Controls(IEnumerable<AlignmentPreset> all) =>
        all.Where(preset => preset.Variant is "ipa" or "next-token");

    private static IEnumerable<AlignmentPreset> Variants(
        string dataset,
        string scale,
        string baseScale,
        AlignmentOptions options,
        int samples,
        int watched
    )
    {
        var ipa = new AlignmentPreset(
            "ipa",
            dataset,
            scale,
            OneRecPreset.Find($"onerec-session-{dataset}-{baseScale}"),
            Judging,
            options,
            Rounds with
            {
                Epochs = options.Rounds,
            }
        )
        {
            Preference = Strong,
            Samples = samples,
            WatchedUsers = watched,
        };
        AlignmentPreset Loss(string variant, PreferenceOptions loss, string source) =>
            ipa with
            {
                Variant = variant,
                Preference = loss,
                Source = $"{source}; in the loop of OneRec, all else as in the preset 'ipa'",
            };
        return
        [
            ipa,
            ipa with
            {
                Variant = "one-shot",
                Alignment = options with { Snapshot = SnapshotRule.Once },
                Source =
                    "DPO, arXiv:2305.18290: sampler and reference stay the first model; all else as in the preset 'ipa'",
            },
            ipa with
            {
                Variant = "random-pairs",
                Alignment = options with { Pairs = PairRule.Random },
                Source = "ours: two of the beams at random, the better by reward wins; all else as in the preset 'ipa'",
            },
            Loss(
                "s-dpo",
                Strong with
                {
                    Loss = PreferenceKind.SDpo,
                    Losers = 3,
                },
                "S-DPO, arXiv:2406.09215, three losers"
            ),
            Loss("ipo", Strong with { Loss = PreferenceKind.Ipo }, "IPO, arXiv:2310.12036"),
            Loss(
                "cdpo",
                Strong with
                {
                    Loss = PreferenceKind.CDpo,
                },
                "cDPO, E. Mitchell, 2023, a tenth of the pairs swapped"
            ),
            Loss(
                "rdpo",
                Strong with
                {
                    Loss = PreferenceKind.RDpo,
                },
                "rDPO, arXiv:2403.00409, a tenth of the pairs swapped"
            ),
            Loss("cpo", Strong with { Loss = PreferenceKind.Cpo }, "CPO, arXiv:2401.08417, likelihood weight 1"),
            Loss(
                "simpo",
                new PreferenceOptions { Loss = PreferenceKind.SimPo },
                "SimPO, arXiv:2405.14734, beta 2.5 and gamma 1.25 (by tokens, so that beta is on another scale)"
            ),
            ipa with
            {
                Variant = "shuffled-judge",
                Judge = Judging with { ShuffledLabels = true },
                Source = "ours, a negative control: a judge that knows nothing; all else as in the preset 'ipa'",
            },
            ipa with
            {
                Variant = "next-token",
                Alignment = options with { Ratio = 0 },
                Source = "ours, a control: no pairs, as many updates of the next-token loss as in the preset 'ipa'",
            },
        ];
    }
}
