using GenRec.Shared.Experiments.Presets;

namespace GenRec.Cli.Experiments;

/// <summary>The project's experiments.</summary>
internal sealed class ExperimentRegistry : IExperimentRegistry
{
    /// <inheritdoc/>
    public IReadOnlyList<IExperiment> Experiments { get; } =
    [
        .. NextItemPresets.All.Select(preset => new NextItemRun(preset)),
        .. BackbonePreset.All.Select(preset => new GenerativeRun(preset)),
        .. SemanticIdPreset.All.Select(preset => new SemanticIdRun(preset)),
        .. TigerPreset.All.Select(preset => new GenerativeRun(preset)),
        .. OneRecPreset.All.Select(preset => new OneRecRun(preset)),
        .. AlignmentPreset.All.Select(preset => new AlignmentRun(preset)),
    ];
}
