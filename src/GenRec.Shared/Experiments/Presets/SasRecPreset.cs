using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One SASRec run: model, training and data set, each value with its source.</summary>
/// <param name="Variant">Loss and what else differs: <c>bce</c>, <c>ce</c>, <c>sce</c>, <c>gbce</c>.</param>
/// <param name="Dataset">A public data set, or a preset of the embedded world (<c>sequences</c>, <c>smoke</c>).</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <param name="Model">Sizes, loss and batches.</param>
/// <param name="Training">How long and how fast.</param>
public sealed record SasRecPreset(
    string Variant,
    string Dataset,
    string Scale,
    SasRecOptions Model,
    TrainingOptions Training
) : NextItemPreset(Variant, Dataset, Scale, Training)
{
    // Section IV-D of the paper and kang205/SASRec main.py: width 50, two blocks, one head, dropout 0.5 on sparse sets and 0.2
    // on MovieLens, Adam at 1e-3 with beta2 0.98, batches of 128. Trained here until validation stops improving instead of
    // a fixed number of "epochs" that are no passes over the data.
    private static readonly SasRecOptions Paper = new()
    {
        Source = "Kang and McAuley, section IV-D; kang205/SASRec main.py",
    };
    private static readonly AdamOptions Adam = new() { Beta2 = 0.98 };

    private static readonly TrainingOptions Long = new()
    {
        Epochs = 400,
        LearningRate = 1e-3,
        Optimizer = Adam,
        EvaluateEveryEpochs = 10,
        Metric = "NDCG@10",
        Patience = 5,
    };

    // After the SASRec of S3-Rec, whose row most generative papers copy: width 64, two heads, Post-LN, no scaling of
    // embeddings, weights from N(0, 0.02), Adam's usual betas. These values are from memory and unconfirmed. Its feed-forward
    // layer is four times as wide and uses GELU; ours is the paper's.
    private static readonly SasRecOptions CopiedRow = Paper with
    {
        Hidden = 64,
        Heads = 2,
        Norm = NormPlacement.Post,
        OutputProjection = true,
        ScaleEmbeddings = false,
        InitialStandardDeviation = 0.02,
        Source = "after RUCAIBox/CIKM2020-S3Rec, from memory, unconfirmed; feed-forward layer of Kang and McAuley",
    };

    private static readonly TrainingOptions CopiedRowTraining = Long with
    {
        Optimizer = new AdamOptions(),
        EvaluateEveryEpochs = 5,
        Patience = 6,
    };

    // Klenitskiy and Vasilev (RecSys 2023) put the full softmax on nearly the same network (theirs projects the output of
    // attention): width 64, two blocks, dropout 0.1, weights from N(0, 0.02), src/configs/SASRec.yaml and src/models.py.
    // bfloat16 products are ours, and so is the dropout on the Amazon sets, chosen on validation: data/tuning.
    private static readonly SasRecOptions Softmax = new()
    {
        Hidden = 64,
        Dropout = 0.1,
        InitialStandardDeviation = 0.02,
        Objective = NextItemObjective.CrossEntropy,
        Precision = Precision.BFloat16,
        Source = "Klenitskiy and Vasilev, RecSys 2023, antklen/sasrec-bert4rec-recsys23; bfloat16 products ours",
    };

    private static readonly SasRecOptions SparseSoftmax = Softmax with
    {
        Dropout = 0.5,
        Source = Softmax.Source + ", dropout by validation (data/tuning)",
    };

    private static readonly TrainingOptions SoftmaxTraining = Long with
    {
        Epochs = 60,
        EvaluateEveryEpochs = 2,
        Patience = 3,
    };

    private static readonly SasRecOptions Tutorial = Paper with
    {
        Hidden = 64,
        Dropout = 0.3,
        MaxLength = 32,
        InitialStandardDeviation = 0.02,
        Source = "ours: sizes for a laptop",
    };

    private static readonly TrainingOptions Short = Long with
    {
        Epochs = 24,
        LearningRate = 2e-3,
        EvaluateEveryEpochs = 3,
        Patience = 4,
    };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<SasRecPreset> All { get; } =
    [
        .. Losses("sequences", "tutorial", Tutorial, Short),
        .. Losses(
            "smoke",
            "smoke",
            Tutorial with
            {
                Hidden = 16,
                MaxLength = 16,
            },
            Short with
            {
                Epochs = 2,
                EvaluateEveryEpochs = 1,
            }
        ),
        new("bce", "amazon14-beauty", "paper", CopiedRow, CopiedRowTraining),
        new("bce", "amazon14-sports", "paper", CopiedRow, CopiedRowTraining),
        new("bce-official", "amazon14-beauty", "paper", Paper, Long),
        new("bce", "ml-1m", "paper", Paper with { Dropout = 0.2, MaxLength = 200 }, Long),
        new("ce", "amazon14-beauty", "paper", SparseSoftmax, SoftmaxTraining),
        new("ce", "amazon14-sports", "paper", SparseSoftmax, SoftmaxTraining),
        new(
            "ce",
            "ml-1m",
            "paper",
            Softmax with
            {
                MaxLength = 200,
            },
            SoftmaxTraining with
            {
                Epochs = 100,
                EvaluateEveryEpochs = 4,
            }
        ),
        new(
            "sce",
            "amazon14-beauty",
            "paper",
            Sampled(SparseSoftmax, 3000),
            Long with
            {
                EvaluateEveryEpochs = 5,
                Patience = 4,
            }
        ),
        new(
            "gbce",
            "ml-1m",
            "paper",
            Generalised(Softmax, 256) with
            {
                Dropout = 0.2,
                MaxLength = 200,
                BatchSize = 32, // ours: 256 vectors a position fill the memory
            },
            Long with
            {
                EvaluateEveryEpochs = 5,
            }
        ),
    ];

    /// <inheritdoc/>
    public override string System => "sasrec";

    /// <inheritdoc/>
    public override string Title => "SASRec";

    /// <inheritdoc/>
    public override string Source => Model.Source;

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static SasRecPreset Find(string name) => NextItemPresets.Find(All, name);

    /// <inheritdoc/>
    public override SasRecPreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        var changed = OptionText.WithAll(Name, this, values);
        changed.Model.Validate();
        changed.Training.Validate();
        return changed;
    }

    /// <inheritdoc/>
    public override SasRecTask CreateTask(
        Split split,
        long seed,
        EvaluationProtocol? protocol = null,
        torch.Device? device = null
    ) => new(Dataset, split, Model, seed, protocol, device);

    private static IEnumerable<SasRecPreset> Losses(
        string dataset,
        string scale,
        SasRecOptions model,
        TrainingOptions training
    ) =>
        [
            new("bce", dataset, scale, model, training),
            new("sce", dataset, scale, Sampled(model, 256), training),
            new(
                "ce",
                dataset,
                scale,
                model with
                {
                    Objective = NextItemObjective.CrossEntropy,
                    Precision = Precision.BFloat16,
                },
                training
            ),
            new("gbce", dataset, scale, Generalised(model, 32), training),
        ];

    private static SasRecOptions Sampled(SasRecOptions model, int negatives) =>
        model with
        {
            Objective = NextItemObjective.SampledSoftmax,
            Negatives = negatives,
            Sharing = NegativeSharing.PerBatch,
            ExcludeSeen = false,
            Source = model.Source + "; negatives shared within a batch, Klenitskiy and Vasilev, section 3",
        };

    // Petrov and Macdonald, "gSASRec", section 6.3: 256 uniform negatives, t = 0.75. Each position has negatives of its own,
    // as in asash/gSASRec-pytorch: shared by a batch, they keep this loss at the level of popularity for a long time.
    private static SasRecOptions Generalised(SasRecOptions model, int negatives) =>
        model with
        {
            Objective = NextItemObjective.GeneralisedBinary,
            Negatives = negatives,
            Sharing = NegativeSharing.PerPosition,
            ExcludeSeen = false,
            Calibration = 0.75,
            Source =
                model.Source + $"; loss of Petrov and Macdonald, RecSys 2023, section 6.3, with {negatives} negatives",
        };
}
