using GenRec.Shared.Data;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One run of the question "encoder-decoder or decoder-only?": ids, shape, training and data set.</summary>
/// <param name="Variant">
/// <c>encoder-decoder</c> (TIGER's shape), <c>decoder-only</c>, <c>prefix</c>, <c>last-item</c>, <c>two-level</c> (MARIUS),
/// <c>heads</c> (RPG), <c>lazy</c> (OneRec-V2).
/// </param>
/// <param name="Dataset">A public data set, or a preset of the embedded world (<c>sequences</c>, <c>smoke</c>).</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <param name="Ids">How the ids are made.</param>
/// <param name="Model">The shape.</param>
/// <param name="Training">How long and how fast.</param>
public sealed record BackbonePreset(
    string Variant,
    string Dataset,
    string Scale,
    SemanticIdPreset Ids,
    BackboneOptions Model,
    TrainingOptions Training
) : GenerativePreset(Variant, Dataset, Scale, Ids, Training)
{
    private const int CodesOfAnItem = 4; // three of content and TIGER's number of equal ids

    // Sizes of GRID (arXiv:2507.22224): width 128, four layers a side, inner 1,024 there, with plain networks; gated ones of a
    // third less have as many weights. Heads of 32 are ours. Everything but the shape is held fixed, and the inner width of every
    // shape is solved for the parameters of the encoder-decoder.
    private static readonly BackboneOptions Paper = new()
    {
        HistoryLayers = 4,
        Width = 128,
        FeedForward = 680,
        ValidationCases = 2000,
        LengthClasses = 8,
        Source = "sizes after snap-research/GRID; one block and one recipe for all shapes are ours",
    };

    // AdamW at 1e-3 with 1,000 steps of warm-up; no decay to zero, since runs are also ended by time.
    private static readonly TrainingOptions PaperTraining = new()
    {
        Steps = 40_000,
        LearningRate = 1e-3,
        Schedule = new ConstantSchedule { WarmupSteps = 1000 },
        Optimizer = AdamOptions.AdamW(0.05),
        ClipNorm = 1,
        EvaluateEverySteps = 1000,
        Metric = "NDCG@10",
        Patience = 6,
    };

    private static readonly BackboneOptions Tutorial = Paper with
    {
        HistoryLayers = 2,
        Width = 64,
        HeadWidth = 16,
        FeedForward = 160,
        MaxItems = 10,
        Beams = 10,
        ValidationCases = 400,
        LengthClasses = 1, // classes move dropout's masks: the numbers that notebook 11 discusses stay as they are
        Source = "ours: sizes for a laptop",
    };

    private static readonly TrainingOptions TutorialTraining = PaperTraining with
    {
        Steps = 600,
        LearningRate = 3e-3,
        Schedule = new ConstantSchedule { WarmupSteps = 50 },
        EvaluateEverySteps = 100,
        Patience = null,
    };

    // What one thread can train in minutes on a public set: the tutorial's sizes with the history and the beams of the paper's.
    // Time ends a run, so that shapes are compared at equal seconds; they are the processor's, since the machine has other work.
    private static readonly BackboneOptions Short = Tutorial with
    {
        MaxItems = 20,
        Beams = 20,
        ValidationCases = 1000,
        LengthClasses = 8,
        Source = "ours: sizes that one thread trains in minutes",
    };

    private static readonly TrainingOptions ShortTraining = PaperTraining with
    {
        Steps = 1_000_000,
        Seconds = 15 * 60,
        SecondsOf = TimeMeasure.Processor,
        LearningRate = 2e-3,
        Schedule = new ConstantSchedule { WarmupSteps = 200 },
        EvaluateEverySteps = 500,
        Patience = null,
    };

    private static readonly BackboneOptions Smoke = Tutorial with
    {
        HistoryLayers = 1,
        Width = 16,
        Heads = 2,
        KeyValueHeads = 2,
        HeadWidth = 8,
        FeedForward = 48,
        MaxItems = 5,
        ValidationCases = 40,
    };

    /// <summary>The seven shapes, by the numbers of the reading list's card: V0 to V6.</summary>
    public static IReadOnlyList<string> Variants { get; } =
    ["encoder-decoder", "decoder-only", "prefix", "last-item", "two-level", "heads", "lazy"];

    /// <summary>All presets.</summary>
    public static IReadOnlyList<BackbonePreset> All { get; } =
    [
        .. Of("sequences", "tutorial", "sids-rqkmeans-3x64-sequences-tutorial", Tutorial, TutorialTraining),
        .. Of(
            "smoke",
            "smoke",
            "sids-rqkmeans-3x16-smoke-smoke",
            Smoke,
            TutorialTraining with
            {
                Steps = 20,
                EvaluateEverySteps = 10,
            }
        ),
        .. Of("amazon14-beauty", "tutorial", "sids-rqkmeans-3x256-amazon14-beauty-paper", Short, ShortTraining),
        .. Of("amazon14-beauty", "paper", "sids-rqkmeans-3x256-amazon14-beauty-paper", Paper, PaperTraining),
    ];

    /// <inheritdoc/>
    public override string System => "backbone";

    /// <inheritdoc/>
    public override string Title => "Backbone";

    /// <inheritdoc/>
    public override string Source => Model.Source;

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static BackbonePreset Find(string name) => PresetList.Find(All, "", name, preset => preset.Name);

    /// <inheritdoc/>
    /// <remarks><c>ids</c> is short for <c>idsFile</c>.</remarks>
    public override BackbonePreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var options = values.Select(value =>
            value.Key.Equals("ids", StringComparison.OrdinalIgnoreCase)
                ? KeyValuePair.Create("idsFile", value.Value)
                : value
        );
        var changed = OptionText.WithAll(Name, this, options);
        changed.ValidateShared();
        changed.Model.Validate();
        return changed;
    }

    /// <inheritdoc/>
    public override Backbone CreateModel(SemanticIdTable ids) => new(ids, Model);

    /// <inheritdoc/>
    public override BackboneTask CreateTask(Split split, SemanticIdTable ids, long seed, torch.Device? device = null) =>
        new(Dataset, split, ids, Model, seed, device);

    /// <summary>The shape of one variant, everything else as given, with as many parameters as the encoder-decoder of the same layers.</summary>
    /// <param name="variant">One of <see cref="Variants"/>.</param>
    /// <param name="sizes">Sizes; its history layers are each side's of the encoder-decoder.</param>
    /// <param name="levels">m, codes of an item.</param>
    /// <exception cref="ArgumentException">There is no such variant.</exception>
    public static BackboneOptions Shape(string variant, BackboneOptions sizes, int levels)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        var layers = sizes.HistoryLayers;
        var windows = sizes with { Supervision = Supervision.LastItem };
        var rows = sizes with { Supervision = Supervision.EveryItem, LengthClasses = 1 }; // packed rows are as fast as sorted ones
        var items = rows with { Input = HistoryInput.ItemVectors };
        var goal = windows with
        {
            History = AttentionDirection.Bidirectional,
            Writer = CodeWriter.CrossAttention,
            WriterLayers = layers,
        };
        var shape = variant switch
        {
            "encoder-decoder" => goal,
            "decoder-only" => rows with { HistoryLayers = 2 * layers },
            "prefix" => windows with { History = AttentionDirection.Bidirectional, HistoryLayers = 2 * layers },
            "last-item" => windows with { HistoryLayers = 2 * layers },
            "two-level" => items with { Writer = CodeWriter.DepthStack, WriterLayers = layers },
            "heads" => items with { Writer = CodeWriter.ParallelHeads, HistoryLayers = 2 * layers },
            "lazy" => windows with
            {
                Writer = CodeWriter.LazyCrossAttention,
                HistoryLayers = 0,
                WriterLayers = 2 * layers,
            },
            _ => throw new ArgumentException(
                $"There is no variant '{variant}'; there are {string.Join(", ", Variants)}.",
                nameof(variant)
            ),
        };
        return BackboneMatch.WithParameters(shape, levels, BackboneMatch.BodyParameters(goal, levels));
    }

    private static IEnumerable<BackbonePreset> Of(
        string dataset,
        string scale,
        string ids,
        BackboneOptions sizes,
        TrainingOptions training
    )
    {
        var numbered = SemanticIdPreset.Find(ids) with { Collisions = CollisionPolicy.ExtraToken };
        return Variants.Select(variant => new BackbonePreset(
            variant,
            dataset,
            scale,
            numbered,
            Shape(variant, sizes, CodesOfAnItem),
            training
        ));
    }
}
