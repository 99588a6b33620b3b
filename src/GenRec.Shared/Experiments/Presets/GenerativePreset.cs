using System.Text.Json.Serialization;
using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Models;
using GenRec.Shared.SemanticIds;
using GenRec.Shared.Training;
using TorchSharp;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>One run of a model that writes the next item's semantic id: ids, model, training and data set, each value with its source.</summary>
/// <param name="Variant">Ids, shape and what else differs.</param>
/// <param name="Dataset">A public data set, or a preset of the embedded world (<c>sequences</c>, <c>smoke</c>).</param>
/// <param name="Scale"><c>smoke</c>, <c>tutorial</c> or <c>paper</c>.</param>
/// <param name="Ids">How the ids are made, or the published set.</param>
/// <param name="Training">How long and how fast.</param>
public abstract record GenerativePreset(
    string Variant,
    string Dataset,
    string Scale,
    SemanticIdPreset Ids,
    TrainingOptions Training
) : RichRecord
{
    /// <summary>What is run, as records name it: <c>tiger</c>.</summary>
    [JsonIgnore]
    public abstract string System { get; }

    /// <summary>The system's name in the reading list.</summary>
    [JsonIgnore]
    public abstract string Title { get; }

    /// <summary>Where the model's values come from.</summary>
    [JsonIgnore]
    public abstract string Source { get; }

    /// <summary>What a user types: <c>tiger-rqvae-amazon14-beauty-paper</c>.</summary>
    [JsonIgnore]
    public string Name => $"{System}-{Variant}-{Dataset}-{Scale}";

    /// <summary>A file of ids that takes the place of <see cref="Ids"/>, see <see cref="SemanticIdFile.Load"/>.</summary>
    public string? IdsFile { get; init; }

    /// <summary>Its data, divided leave-one-out.</summary>
    public Split LoadSplit() => NextItemPreset.LoadSplit(Dataset);

    /// <summary>Its model with fresh weights, owned by the caller.</summary>
    /// <param name="ids">Semantic ids of the catalogue.</param>
    public abstract torch.nn.Module CreateModel(SemanticIdTable ids);

    /// <summary>Its model with fresh weights, and what it learns from; owned by the caller.</summary>
    /// <param name="split">What to learn from and to validate on.</param>
    /// <param name="ids">Semantic ids of the same catalogue.</param>
    /// <param name="seed">Seed of weights, batches and dropout.</param>
    /// <param name="device">Where the model lives; the CPU where null.</param>
    /// <exception cref="ArgumentException">The ids are of another catalogue, or no history has two items.</exception>
    public abstract IGenerativeTask CreateTask(
        Split split,
        SemanticIdTable ids,
        long seed,
        torch.Device? device = null
    );

    /// <summary>
    /// The preset with some options changed: the model's, the training's, those of its ids, or <c>idsFile</c>, which names a file of
    /// ids.
    /// </summary>
    /// <param name="values">Values by option, see <see cref="OptionText.With"/>.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it or is out of range.</exception>
    public abstract GenerativePreset With(IEnumerable<KeyValuePair<string, string>> values);

    /// <summary>Throws where an option of the ids or the training is out of range.</summary>
    protected void ValidateShared()
    {
        Ids.RqVae?.Validate();
        Ids.Training?.Validate();
        Training.Validate();
    }
}
