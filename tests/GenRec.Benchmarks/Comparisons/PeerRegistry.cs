using GenRec.Benchmarks.Harness;

namespace GenRec.Benchmarks.Comparisons;

/// <summary>All comparisons; a new speed goal is a line here.</summary>
internal static class PeerRegistry
{
    public static IReadOnlyList<IPeerComparison> All { get; } =
    [
        SasRecTrain.Beauty,
        SasRecTrain.MovieLens,
        SasRecTrainPyTorch.Beauty,
        new Bert4RecTrain(),
        new RankAllUsers(),
        new Batching(), // TorchSharp's data loader
        RqVaeTrain.Loaded,
        RqVaeTrain.Gathered,
        RqVaeTrainPyTorch.Instance,
        new ResidualKMeansFit(),
        AssignMillion.Latent,
        AssignMillion.Text,
        ConstrainedBeam.One,
        ConstrainedBeam.Narrow,
        ConstrainedBeam.Batch,
        ConstrainedBeam.OnePort,
        ConstrainedBeam.BatchPort,
        new TigerTrain(),
        new TigerInference(),
        new OneRecTrain(),
        new SessionBeam(),
        BackbonePacking.Rows,
        BackbonePacking.Windows,
        BackbonePacking.Classes,
    ];

    /// <summary>The comparison of this name, or null.</summary>
    public static IPeerComparison? Find(string name) =>
        All.FirstOrDefault(comparison => comparison.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
