using GenRec.Shared.Nn.Kernels;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

/// <summary>Sequences of one length.</summary>
internal readonly record struct T5Place(int Count, int Length);

/// <summary>Groups of sequences that lie end to end, a row of a matrix for each token.</summary>
/// <param name="groups">The groups.</param>
/// <param name="block">Matrices have a multiple of so many rows.</param>
internal sealed class T5Places(IEnumerable<T5Place> groups, int block)
{
    public T5Place[] Groups { get; } = [.. groups];

    public int Tokens => Groups.Sum(group => group.Count * group.Length);

    public int Longest => Groups.Max(group => group.Length);

    /// <summary>Rows of a matrix that holds all tokens.</summary>
    public int Rows => (Tokens + block - 1) / block * block;
}

/// <summary>Some sequences of a piece that have one length.</summary>
/// <param name="Count">n, sequences.</param>
/// <param name="Ask">Q, queries of each.</param>
/// <param name="Read">K, keys of each.</param>
/// <param name="QueryAt">First token that asks.</param>
/// <param name="KeyAt">First token that is read.</param>
/// <param name="At">Sequences of the piece before these.</param>
internal readonly record struct T5Run(int Count, int Ask, int Read, int QueryAt, int KeyAt, int At);

/// <summary>Sequences whose attention is one product each way.</summary>
/// <param name="Runs">The sequences, by length.</param>
/// <param name="Size">How many there are.</param>
/// <param name="Ask">Queries of each; rows behind a shorter sequence's last are 0.</param>
/// <param name="Read">Keys of each; the same.</param>
/// <param name="QueryRow">Query rows of the pieces before.</param>
/// <param name="KeyRow">Key rows of the pieces before.</param>
/// <param name="WeightAt">Weights of a head before these.</param>
internal sealed record T5Piece(T5Run[] Runs, int Size, int Ask, int Read, int QueryRow, int KeyRow, long WeightAt)
{
    /// <summary>A part of all queries, <c>[n H, Q, d]</c>.</summary>
    public Tensor Queries(Tensor all, int heads) =>
        all.narrow(0, QueryRow, Size * Ask).view((long)Size * heads, Ask, -1);

    /// <summary>A part of all keys or values, <c>[n H, K, d]</c>.</summary>
    public Tensor Keys(Tensor all, int heads) => all.narrow(0, KeyRow, Size * Read).view((long)Size * heads, Read, -1);

    /// <summary>A part of all attention weights, <c>[n H, Q, K]</c>.</summary>
    public Tensor Weights(Tensor all, int heads) =>
        all.narrow(0, WeightAt * heads, (long)Size * heads * Ask * Read).view((long)Size * heads, Ask, Read);

    /// <summary>Heads of a run's queries and keys, and its weights.</summary>
    public (HeadShape Ask, HeadShape Read, WeightShape Weights) Shapes(T5Run run, int heads, int width) =>
        (
            new HeadShape(run.Count, run.Ask, heads, width, Ask),
            new HeadShape(run.Count, run.Read, heads, width, Read),
            new WeightShape(run.Count, heads, run.Ask, run.Read, Ask, Read)
        );
}

/// <summary>An attention cut into pieces.</summary>
/// <remarks>
/// libtorch compiles a product for each shape it meets and keeps the latest thousand. Sequences of one length are taken in
/// pieces of two sizes, and what is left over beside others of almost the same length, so that few shapes come, often.
/// </remarks>
internal sealed class T5Pieces
{
    private const int Small = 4;
    private const int Large = 16;
    private const int Step = 16; // of the length of sequences of several lengths; whole vectors
    private readonly List<T5Piece> pieces = [];
    private readonly bool asksAlike;

    /// <summary>Cuts.</summary>
    /// <param name="asks">Groups of sequences that ask.</param>
    /// <param name="reads">The same groups, as they are read.</param>
    public T5Pieces(T5Place[] asks, T5Place[] reads)
    {
        asksAlike = asks.All(group => group.Length == asks[0].Length);
        var (askAt, readAt) = (0, 0);
        var left = new List<T5Run>();
        for (var at = 0; at < asks.Length; at++)
        {
            var (ask, read, count) = (asks[at].Length, reads[at].Length, asks[at].Count);
            for (var size = Large; size >= Small; size /= Large / Small)
            for (; count >= size; count -= size, askAt += size * ask, readAt += size * read)
                Add([new T5Run(size, ask, read, askAt, readAt, 0)], size, ask, read);
            if (left.Count > 0 && Padded(left[0]) != Padded(new T5Run(1, ask, read, 0, 0, 0)))
                AddAll(left);
            for (; count > 0; count--, askAt += ask, readAt += read)
                left.Add(new T5Run(1, ask, read, askAt, readAt, 0));
        }
        AddAll(left);
    }

    /// <summary>The pieces.</summary>
    public IReadOnlyList<T5Piece> All => pieces;

    /// <summary>Rows of all queries.</summary>
    public int QueryRows { get; private set; }

    /// <summary>Rows of all keys.</summary>
    public int KeyRows { get; private set; }

    /// <summary>Attention weights of a head.</summary>
    public long Weights { get; private set; }

    private (int Ask, int Read) Padded(T5Run run) =>
        (asksAlike ? run.Ask : (run.Ask + Step - 1) / Step * Step, (run.Read + Step - 1) / Step * Step);

    /// <summary>Sequences that are equally long once padded, in pieces of powers of two.</summary>
    private void AddAll(List<T5Run> left)
    {
        for (var from = 0; from < left.Count; )
        {
            var size = 1;
            while (2 * size <= Math.Min(left.Count - from, Large))
                size *= 2;
            var (ask, read) = Padded(left[from]);
            Add([.. left.Skip(from).Take(size).Select((run, at) => run with { At = at })], size, ask, read);
            from += size;
        }
        left.Clear();
    }

    private void Add(T5Run[] runs, int size, int ask, int read)
    {
        pieces.Add(new T5Piece(runs, size, ask, read, QueryRows, KeyRows, Weights));
        QueryRows += size * ask;
        KeyRows += size * read;
        Weights += (long)size * ask * read;
    }
}
