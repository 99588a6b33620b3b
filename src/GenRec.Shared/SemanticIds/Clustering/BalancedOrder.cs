namespace GenRec.Shared.SemanticIds.Clustering;

/// <summary>In what order clusters of equal size take their points.</summary>
public enum BalancedOrder
{
    /// <summary>
    /// Cluster after cluster, each its nearest points among those still free: Algorithm 1 of OneRec (arXiv:2502.18965). The last
    /// clusters get what the others left, however far away, and other numbers for the same centres give other clusters.
    /// </summary>
    ClusterAfterCluster,

    /// <summary>
    /// The nearest pair of a free point and a cluster with room first, over all clusters: the numbers of the clusters have no
    /// effect. Needs memory for N K distances.
    /// </summary>
    NearestPairFirst,
}
