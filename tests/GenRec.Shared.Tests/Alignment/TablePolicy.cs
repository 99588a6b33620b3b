using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Decoding;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Alignment;

/// <summary>
/// The smallest session policy: logits of the next item are a row of a table for the newest item of the history, plus a row for
/// the item before in the session. All its sessions can be listed.
/// </summary>
internal sealed class TablePolicy : nn.Module, ISessionPolicy, ICodeEntropies
{
    private readonly TorchSharp.Modules.Parameter start; // [N + 1, N]
    private readonly TorchSharp.Modules.Parameter after; // [N + 1, N]; row 0: the first place

    public TablePolicy(int items, int length, int? rows = null)
        : base(nameof(TablePolicy))
    {
        (ItemCount, SessionLength) = (items, length);
        start = nn.Parameter(randn(items + 1, items) * 0.3);
        after = nn.Parameter(randn(rows ?? items + 1, items) * 0.3);
        RegisterComponents();
        Sessions = [.. All([], length)];
    }

    public int ItemCount { get; }
    public int SessionLength { get; }
    public nn.Module Module => this;

    /// <summary>Every session without a repeated item.</summary>
    public int[][] Sessions { get; }

    public int Sampled { get; private set; }

    public Tensor LogProbabilities(SessionBatch batch)
    {
        using var scope = NewDisposeScope();
        return Steps(batch).sum(dim: 1).MoveToOuterDisposeScope();
    }

    public Tensor NextTokenLoss(SessionBatch batch)
    {
        using var scope = NewDisposeScope();
        return Steps(batch).mean().neg().MoveToOuterDisposeScope();
    }

    public DecodedSessions Sample(Histories histories, int count)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        Sampled += histories.Count;
        var (n, m) = (Math.Min(count, Sessions.Length), SessionLength);
        var all = Sessions.SelectMany(s => s).ToArray();
        var each = Enumerable.Repeat(all, histories.Count).SelectMany(s => s).ToArray();
        var scores = LogProbabilities(new SessionBatch(histories, each, m, Sessions.Length)).view(histories.Count, -1);
        var (top, places) = scores.topk(n);
        var items = tensor(all).to(ScalarType.Int64).view(-1, m).index_select(0, places.reshape(-1));
        items = items.view(histories.Count, n, m);
        if (n < count)
        {
            items = cat([items, zeros(histories.Count, count - n, m, dtype: ScalarType.Int64)], 1);
            top = cat([top, full(histories.Count, count - n, float.NegativeInfinity)], 1);
        }
        return new DecodedSessions(
            items.DetachFromDisposeScope(),
            items.clone().DetachFromDisposeScope(),
            top.DetachFromDisposeScope()
        );
    }

    public ISessionPolicy Snapshot()
    {
        var copy = new TablePolicy(ItemCount, SessionLength);
        using var quiet = no_grad();
        foreach (var ((_, to), (_, from)) in copy.named_parameters().Zip(named_parameters()))
            to.copy_(from).requires_grad_(false);
        copy.eval();
        return copy;
    }

    public double[] CodeEntropies(SessionBatch batch)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var logp = Logits(batch).log_softmax(-1);
        return [-(logp.exp() * logp).sum(dim: -1).mean().item<float>()];
    }

    private Tensor Steps(SessionBatch batch) // [B S, m]
    {
        var chosen = tensor(batch.Items.ToArray()).to(ScalarType.Int64).view(batch.Count, -1);
        return Logits(batch).log_softmax(-1).gather(2, (chosen - 1).unsqueeze(-1)).squeeze(-1);
    }

    private Tensor Logits(SessionBatch batch)
    {
        long[] newest =
        [
            .. Enumerable.Range(0, batch.Count).Select(s => (long)batch.Histories[s / batch.PerHistory][^1]),
        ];
        var chosen = tensor(batch.Items.ToArray()).to(ScalarType.Int64).view(batch.Count, -1);
        var before = cat([zeros(batch.Count, 1, dtype: ScalarType.Int64), chosen.narrow(1, 0, batch.Length - 1)], 1);
        var user = start.index_select(0, tensor(newest)).unsqueeze(1); // [B S, 1, N]
        return user + after.index_select(0, before.view(-1)).view(batch.Count, batch.Length, ItemCount);
    }

    private IEnumerable<int[]> All(int[] begun, int length) =>
        begun.Length == length
            ? [begun]
            : Enumerable
                .Range(1, ItemCount)
                .Where(item => !begun.Contains(item))
                .SelectMany(item => All([.. begun, item], length));
}
