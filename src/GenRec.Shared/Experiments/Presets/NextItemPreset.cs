using System.Text.Json.Serialization;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using GenRec.Shared.Models;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One run of a model over item sequences: model, training and data set, each value with its source.</summary>
/// <param name="Variant">Loss and what else differs.</param>
/// <param name="Dataset">A public data set, or a preset of the embedded world (<c>sequences</c>, <c>smoke</c>).</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <param name="Training">How long and how fast.</param>
public abstract record NextItemPreset(string Variant, string Dataset, string Scale, TrainingOptions Training)
    : RichRecord
{
    /// <summary>What is run, as records name it: <c>sasrec</c>.</summary>
    [JsonIgnore]
    public abstract string System { get; }

    /// <summary>The system's name in the reading list.</summary>
    [JsonIgnore]
    public abstract string Title { get; }

    /// <summary>Where the model's values come from.</summary>
    [JsonIgnore]
    public abstract string Source { get; }

    /// <summary>What a user types: <c>sasrec-ce-amazon14-beauty-paper</c>.</summary>
    [JsonIgnore]
    public string Name => $"{System}-{Variant}-{Dataset}-{Scale}";

    /// <summary>The protocols every run is reported under: the name that a record's variant ends with, and the protocol.</summary>
    /// <remarks>
    /// Full ranking comes first; with the history filtered it is what several published rows hold; and the papers' own
    /// sampled protocols show what they hide.
    /// </remarks>
    [JsonIgnore]
    public virtual IReadOnlyList<(string Suffix, EvaluationProtocol Protocol)> Protocols { get; } =
    [
        ("", EvaluationProtocol.Full),
        ("-unseen", EvaluationProtocol.Full with { SeenFilter = SeenFilter.History }),
        ("-sampled", EvaluationProtocol.Sampled()),
    ];

    /// <summary>Its data, divided leave-one-out.</summary>
    public Split LoadSplit() => LoadSplit(Dataset);

    /// <summary>A data set, divided leave-one-out.</summary>
    /// <param name="dataset">A public data set, or a preset of the embedded world.</param>
    public static Split LoadSplit(string dataset) =>
        Splits.LeaveOneOut(
            (
                WorldPreset.All.Any(world => world.Name == dataset)
                    ? World.Create(WorldPreset.Find(dataset)).Dataset
                    : PublicDatasets.Load(dataset)
            ).Interactions
        );

    /// <summary>Its model with fresh weights, and what it learns from.</summary>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="seed">Seed of weights and batches.</param>
    /// <param name="protocol">How validation counts; full ranking without a filter where null.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    public abstract ItemSequenceTask CreateTask(
        Split split,
        long seed,
        EvaluationProtocol? protocol = null,
        torch.Device? device = null
    );

    /// <summary>The preset with some options changed; those of the model are looked for first, then those of the training.</summary>
    /// <param name="values">Values by option, see <see cref="OptionText.With"/>.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it or is out of range.</exception>
    public abstract NextItemPreset With(IEnumerable<KeyValuePair<string, string>> values);
}
