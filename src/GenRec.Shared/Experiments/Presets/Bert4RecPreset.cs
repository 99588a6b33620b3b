using GenRec.Shared.Data;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Runtime;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One BERT4Rec run: model, training and data set, each value with its source.</summary>
/// <param name="Variant">
/// Direction and loss (<c>cloze-ce</c>, <c>cloze-bce</c>, <c>causal-ce</c>, <c>causal-bce</c>), or whose values they are:
/// <c>official</c> the authors' scripts, <c>vae</c> and <c>recbole</c> two much used ports.
/// </param>
/// <param name="Dataset">A public data set, or a preset of the embedded world (<c>sequences</c>, <c>smoke</c>).</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <param name="Model">Sizes, masks, loss and batches.</param>
/// <param name="Training">How long and how fast.</param>
public sealed record Bert4RecPreset(
    string Variant,
    string Dataset,
    string Scale,
    Bert4RecOptions Model,
    TrainingOptions Training
) : NextItemPreset(Variant, Dataset, Scale, Training)
{
    // FeiSun/BERT4Rec run_ml-1m.sh, gen_data_fin.py, optimization.py and bert_train/bert_config_ml-1m_64.json: ten masked
    // copies made once and one copy with the last item masked, windows half a length apart, AdamW at 1e-4 with 100 steps of
    // warm-up and linear decay over 400,000 steps of 256 sequences. Weight decay 0.01 is BERT's; its norm of clipping (5.0)
    // is from memory and unconfirmed.
    private static readonly Bert4RecOptions Official = new()
    {
        MaxLength = 200,
        MaxMasks = 40,
        Copies = 10,
        LastOnlyShare = 1.0 / 11,
        WindowStep = 0.5,
        DecayMatricesOnly = true,
        Source = "FeiSun/BERT4Rec, run_ml-1m.sh and bert_config_ml-1m_64.json",
    };

    private static readonly TrainingOptions OfficialTraining = new()
    {
        Steps = 400_000,
        LearningRate = 1e-4,
        Schedule = new LinearSchedule { WarmupSteps = 100 },
        Optimizer = AdamOptions.AdamW(0.01),
        ClipNorm = 5,
        EvaluateEverySteps = 10_000,
        Metric = "NDCG@10",
        RestoreBest = false,
    };

    // Klenitskiy and Vasilev's comparison: BERT of Hugging Face (dropout 0.1 is its default), each position masked with
    // probability 0.2, neither projection nor bias before the item table, Adam at 1e-3, 128 users a batch, at most 200
    // epochs. bfloat16 products are ours.
    private static readonly Bert4RecOptions Replica = new()
    {
        Dropout = 0.1,
        AttentionDropout = 0.1,
        OutputProjection = false,
        OutputBias = false,
        BatchSize = 128,
        MaskDraw = MaskDraw.Bernoulli,
        Precision = Precision.BFloat16,
        Source =
            "Klenitskiy and Vasilev, RecSys 2023, antklen/sasrec-bert4rec-recsys23 (BERT4Rec.yaml, run_final.sh); bfloat16 products ours",
    };

    private static readonly TrainingOptions ReplicaTraining = new()
    {
        Epochs = 200,
        LearningRate = 1e-3,
        EvaluateEveryEpochs = 5,
        Metric = "NDCG@10",
        Patience = 4, // theirs is 20 epochs
    };

    private static readonly Bert4RecOptions Vae = new()
    {
        Hidden = 256,
        Heads = 4,
        Inner = 1024,
        MaxLength = 100,
        Dropout = 0.1,
        AttentionDropout = 0.1,
        BatchSize = 128,
        MaskRate = 0.15,
        MaskDraw = MaskDraw.Bernoulli,
        MaskShare = 0.8,
        Source = "jaywonchung/BERT4Rec-VAE-Pytorch; BERT's 80/10/10 rule",
    };

    private static readonly Bert4RecOptions RecBole = new()
    {
        BatchSize = 256,
        LastOnlyShare = 0.5,
        MaskDraw = MaskDraw.Bernoulli,
        Source = "RUCAIBox/RecBole, BERT4Rec.yaml (ft_ratio 0.5); batch size ours",
    };

    private static readonly Bert4RecOptions Tutorial = new()
    {
        MaxLength = 32,
        Dropout = 0.2,
        AttentionDropout = 0.2,
        BatchSize = 128,
        MaskRate = 0.3,
        MaskDraw = MaskDraw.Bernoulli,
        LastOnlyShare = 0.2,
        Source = "ours: sizes for a laptop; mask rate between those of run_ml-1m.sh and run_beauty.sh",
    };

    private static readonly TrainingOptions Short = new()
    {
        Epochs = 60,
        LearningRate = 2e-3,
        EvaluateEveryEpochs = 5,
        Metric = "NDCG@10",
        Patience = 4,
    };

    /// <summary>All presets.</summary>
    public static IReadOnlyList<Bert4RecPreset> All { get; } =
    [
        .. Factorial("sequences", "tutorial", Tutorial, Short),
        .. Factorial(
            "smoke",
            "smoke",
            Tutorial with
            {
                Hidden = 16,
                Inner = 32,
                MaxLength = 16,
            },
            Short with
            {
                Epochs = 2,
                EvaluateEveryEpochs = 1,
            }
        ),
        new("official", "ml-1m", "paper", Official, OfficialTraining),
        new(
            "official",
            "amazon14-beauty",
            "paper",
            Official with
            {
                MaxLength = 50,
                MaskRate = 0.6,
                MaxMasks = 30,
                Dropout = 0.5,
                WindowStep = 0.1,
                Source = "FeiSun/BERT4Rec, run_beauty.sh and bert_config_beauty_64.json; their Beauty is another cut",
            },
            OfficialTraining
        ),
        new("cloze-ce", "ml-1m", "paper", Replica with { MaxLength = 200 }, ReplicaTraining),
        new("cloze-ce", "amazon14-beauty", "paper", Replica, ReplicaTraining),
        new("cloze-ce", "amazon14-sports", "paper", Replica, ReplicaTraining),
        new(
            "causal-ce",
            "ml-1m",
            "paper",
            Causal(Replica with { MaxLength = 200 }),
            ReplicaTraining with
            {
                EvaluateEveryEpochs = 2,
            }
        ),
        new("vae", "ml-1m", "paper", Vae, ReplicaTraining with { Epochs = 100 }),
        new("recbole", "ml-1m", "paper", RecBole, ReplicaTraining with { Epochs = 300 }),
    ];

    /// <inheritdoc/>
    public override string System => "bert4rec";

    /// <inheritdoc/>
    public override string Title => "BERT4Rec";

    /// <inheritdoc/>
    public override string Source => Model.Source;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Suffix, EvaluationProtocol Protocol)> Protocols { get; } =
    [
        ("", EvaluationProtocol.Full),
        ("-unseen", EvaluationProtocol.Full with { SeenFilter = SeenFilter.History }),
        ("-sampled", EvaluationProtocol.Sampled()),
        ("-popularity", EvaluationProtocol.Sampled(sampler: NegativeSampler.Popularity)), // section 4.2 of the paper
    ];

    /// <summary>One preset.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Bert4RecPreset Find(string name) => NextItemPresets.Find(All, name);

    /// <inheritdoc/>
    public override Bert4RecPreset With(IEnumerable<KeyValuePair<string, string>> values)
    {
        var changed = OptionText.WithAll(Name, this, values);
        changed.Model.Validate();
        changed.Training.Validate();
        return changed;
    }

    /// <inheritdoc/>
    public override Bert4RecTask CreateTask(
        Split split,
        long seed,
        EvaluationProtocol? protocol = null,
        torch.Device? device = null
    ) => new(Dataset, split, Model, seed, protocol, device);

    // What the paper changed at once against SASRec, one by one: direction and loss on the same network.
    private static IEnumerable<Bert4RecPreset> Factorial(
        string dataset,
        string scale,
        Bert4RecOptions model,
        TrainingOptions training
    )
    {
        var soft = model with { Precision = Precision.BFloat16 };
        var binary = model with { Objective = NextItemObjective.Binary, Negatives = 1 };
        return
        [
            new("cloze-ce", dataset, scale, soft, training),
            new("cloze-bce", dataset, scale, binary, training),
            new("causal-ce", dataset, scale, Causal(soft), training),
            new("causal-bce", dataset, scale, Causal(binary), training),
        ];
    }

    private static Bert4RecOptions Causal(Bert4RecOptions model) =>
        model with
        {
            Direction = AttentionDirection.Causal,
            LastOnlyShare = 0,
            Source = model.Source + "; causal twin of the same network ours",
        };
}
