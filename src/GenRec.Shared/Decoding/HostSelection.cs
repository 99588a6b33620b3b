using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GenRec.Shared.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>One step of a constrained search on the CPU: normalising, looking the legal tokens up and choosing the best in plain loops.</summary>
/// <remarks>
/// What <see cref="CandidateFinder"/> and <see cref="TotalOrder"/> do by operators, with the same order of equal scores. By
/// operators every beam has as many candidates as the widest state of its level, and a search of few beams is mostly calls; here
/// only children that exist are looked at, and a user's best are kept while they are found.
/// </remarks>
internal sealed class HostSelection
{
    private const int WorthTwoThreads = 1 << 16; // logits
    private readonly TrieView view;

    private HostSelection(TrieView view) => this.view = view;

    /// <summary>Selection in a view; null where the operators must do it.</summary>
    /// <param name="view">The items that may be found.</param>
    /// <param name="constraint">Only the trie's children are looked up here.</param>
    /// <param name="renormalise">Not here.</param>
    /// <param name="groups">1 here.</param>
    public static HostSelection? For(TrieView view, IdConstraint constraint, bool renormalise, int groups) =>
        constraint == IdConstraint.Trie
        && !renormalise
        && groups == 1
        && view.Trie.IsUniform
        && view.Trie.Device.type == DeviceType.CPU
        && Vector256.IsHardwareAccelerated
            ? new HostSelection(view)
            : null;

    /// <summary>Whether logits can be read in place.</summary>
    public static bool Fits(Tensor logits) =>
        logits.device_type == DeviceType.CPU && logits.dtype == ScalarType.Float32 && logits.is_contiguous();

    /// <summary>What log-softmax takes off the logits of each beam: the largest, and the logarithm of the sum of what is left.</summary>
    /// <param name="logits"><c>[B, W, V]</c>.</param>
    /// <returns><c>[B W, 2]</c>.</returns>
    public static float[] Normalisers(Tensor logits)
    {
        var width = (int)logits.shape[2];
        var rows = (int)(logits.numel() / width);
        var result = new float[2 * rows];
        if (logits.numel() < WorthTwoThreads)
            Normalise(logits, 0, result);
        else
            SideBySide.Run(
                () => Normalise(logits, 0, result.AsSpan(0, rows / 2 * 2)),
                () => Normalise(logits, rows / 2, result.AsSpan(rows / 2 * 2))
            );
        return result;
    }

    /// <summary>The best continuations of each user's beams, best first.</summary>
    /// <param name="level">Tokens of the prefixes.</param>
    /// <param name="beams">Of B users.</param>
    /// <param name="logits"><c>[B, W, V]</c>.</param>
    /// <param name="normalisers">From <see cref="Normalisers"/>.</param>
    /// <param name="excluded">Closed leaves, ascending, <c>[B, 1 or W, E]</c>; null where none are.</param>
    /// <param name="most">Continuations wanted of each user.</param>
    /// <returns>
    /// Parents, tokens, scores and states, <c>[B, W']</c>; where fewer are legal, the rest has the score negative infinity. W' is at
    /// most what the widest state of the level allows.
    /// </returns>
    public HostChoice Choose(int level, Beams beams, Tensor logits, float[] normalisers, Tensor? excluded, long most)
    {
        var trie = view.Trie;
        var (users, width, vocabulary) = ((int)beams.States.shape[0], (int)beams.States.shape[1], (int)logits.shape[2]);
        var kept = (int)Math.Min(most, (long)width * trie.MaxBranching(level));
        var choice = HostChoice.For(users, kept);
        var states = Numbers<long>(beams.States);
        var scores = Numbers<float>(beams.Scores);
        var all = Numbers<float>(logits);
        var first = Numbers<long>(trie.Tables.First);
        var tokens = Numbers<long>(trie.Tables.Tokens);
        using var closedLeaves = excluded?.contiguous();
        var closed = closedLeaves is null ? [] : Numbers<long>(closedLeaves);
        var perList = closedLeaves is null ? 0 : (int)closedLeaves.shape[2];
        var lists = closedLeaves is null ? 0 : (int)closedLeaves.shape[1];
        var leafFirst = Numbers<long>(view.LeafFirst);
        var leafLast = Numbers<long>(view.LeafLast);
        var mayBeClosed = !view.IsFull || perList > 0;
        var best = new Best(kept);
        for (var user = 0; user < users; user++)
        {
            best.Clear();
            for (var beam = 0; beam < width; beam++)
            {
                var row = user * width + beam;
                if (float.IsNegativeInfinity(scores[row]))
                    continue;
                var own = all.Slice(row * vocabulary, vocabulary);
                var (largest, logSum, score) = (normalisers[2 * row], normalisers[2 * row + 1], scores[row]);
                var mine =
                    perList == 0 ? [] : closed.Slice((user * lists + (lists == 1 ? 0 : beam)) * perList, perList);
                var (from, to) = ((int)first[(int)states[row]], (int)first[(int)states[row] + 1]);
                for (var child = from; child < to; child++)
                {
                    var total = score + (own[(int)tokens[child]] - largest - logSum);
                    if (!best.Takes(total) || (mayBeClosed && !IsOpen(leafFirst[child], leafLast[child], mine)))
                        continue;
                    best.Add(total, beam, child);
                }
            }
            best.Write(user * kept, choice, tokens, trie.Dead);
        }
        return choice;
    }

    /// <summary><see cref="Beams.Continue"/> for what was chosen here.</summary>
    public static Beams Continue(Beams beams, HostChoice choice)
    {
        var (users, before, written) = (
            (int)beams.Tokens.shape[0],
            (int)beams.Tokens.shape[1],
            (int)beams.Tokens.shape[2]
        );
        var width = (int)choice.Parents.shape[1];
        var tokens = empty(users, width, written + 1, dtype: ScalarType.Int64);
        var from = Numbers<long>(beams.Tokens);
        var to = Numbers<long>(tokens);
        var parents = Numbers<long>(choice.Parents);
        var newest = Numbers<long>(choice.Tokens);
        for (var row = 0; row < parents.Length; row++)
        {
            var parent = row / width * before + (int)parents[row];
            from.Slice(parent * written, written).CopyTo(to[(row * (written + 1))..]);
            to[row * (written + 1) + written] = newest[row];
        }
        return new Beams(tokens, choice.Scores, choice.States, choice.Tokens);
    }

    private static void Normalise(Tensor logits, int from, Span<float> result)
    {
        var width = (int)logits.shape[2];
        var all = Numbers<float>(logits)[(from * width)..];
        for (var row = 0; 2 * row < result.Length; row++)
        {
            var own = all.Slice(row * width, width);
            var largest = Largest(own);
            (result[2 * row], result[2 * row + 1]) = (largest, MathF.Log(SumOfPowers(own, largest)));
        }
    }

    /// <summary>Whether a leaf of a run is not closed.</summary>
    private static bool IsOpen(long from, long to, ReadOnlySpan<long> closed)
    {
        var left = to - from;
        if (left > closed.Length)
            return true;
        var at = closed.BinarySearch(from);
        if (at < 0)
            at = ~at;
        else
            while (at > 0 && closed[at - 1] == from)
                at--;
        for (; at < closed.Length && closed[at] < to; at++)
            left--;
        return left > 0;
    }

    private static Span<TNumber> Numbers<TNumber>(Tensor tensor)
        where TNumber : unmanaged => MemoryMarshal.Cast<byte, TNumber>(tensor.bytes);

    private static float Largest(ReadOnlySpan<float> values)
    {
        ref var start = ref MemoryMarshal.GetReference(values);
        var largest = float.NegativeInfinity;
        var at = 0;
        if (values.Length >= Vector512<float>.Count)
        {
            var tops = Vector512.LoadUnsafe(ref start);
            for (
                at = Vector512<float>.Count;
                at <= values.Length - Vector512<float>.Count;
                at += Vector512<float>.Count
            )
                tops = Vector512.Max(tops, Vector512.LoadUnsafe(ref start, (nuint)at));
            for (var lane = 0; lane < Vector512<float>.Count; lane++)
                largest = Math.Max(largest, tops[lane]);
        }
        for (; at < values.Length; at++)
            largest = Math.Max(largest, values[at]);
        return largest;
    }

    private static float SumOfPowers(ReadOnlySpan<float> values, float largest)
    {
        ref var start = ref MemoryMarshal.GetReference(values);
        var (sums, top) = (Vector512<float>.Zero, Vector512.Create(largest));
        var at = 0;
        for (; at <= values.Length - Vector512<float>.Count; at += Vector512<float>.Count)
            sums += Vector512.Exp(Vector512.LoadUnsafe(ref start, (nuint)at) - top);
        var sum = Vector512.Sum(sums);
        for (; at < values.Length; at++)
            sum += MathF.Exp(values[at] - largest);
        return sum;
    }

    /// <summary>One user's best so far: a heap with the worst on top. Candidates come in the order in which equal scores stand.</summary>
    private sealed class Best(int most)
    {
        private readonly (float Score, int Order, int Beam, int Child)[] kept = new (float, int, int, int)[most];
        private int count;
        private int seen;

        public void Clear() => (count, seen) = (0, 0);

        /// <summary>Whether a score would be kept; an equal one that comes later is worse.</summary>
        public bool Takes(float score) => count < most ? score > float.NegativeInfinity : score > kept[0].Score;

        public void Add(float score, int beam, int child)
        {
            var one = (score, seen++, beam, child);
            if (count < most)
            {
                var at = count++;
                for (; at > 0 && IsWorse(one, kept[(at - 1) / 2]); at = (at - 1) / 2)
                    kept[at] = kept[(at - 1) / 2];
                kept[at] = one;
                return;
            }
            Sink(one, count);
        }

        /// <summary>Hands them out, best first.</summary>
        public void Write(int from, HostChoice choice, ReadOnlySpan<long> tokens, long dead)
        {
            var parents = Numbers<long>(choice.Parents);
            var chosen = Numbers<long>(choice.Tokens);
            var scores = Numbers<float>(choice.Scores);
            var states = Numbers<long>(choice.States);
            for (var place = most - 1; place >= count; place--)
                (parents[from + place], chosen[from + place], scores[from + place], states[from + place]) = (
                    0,
                    tokens[(int)dead],
                    float.NegativeInfinity,
                    dead
                );
            for (var place = count - 1; place >= 0; place--)
            {
                var worst = kept[0];
                (parents[from + place], chosen[from + place], scores[from + place], states[from + place]) = (
                    worst.Beam,
                    tokens[worst.Child],
                    worst.Score,
                    worst.Child
                );
                if (place > 0)
                    Sink(kept[place], place);
            }
        }

        /// <summary>Puts one in the place of the worst of the first so many.</summary>
        private void Sink((float Score, int Order, int Beam, int Child) one, int size)
        {
            var at = 0;
            for (int below; (below = 2 * at + 1) < size; at = below)
            {
                if (below + 1 < size && IsWorse(kept[below + 1], kept[below]))
                    below++;
                if (!IsWorse(kept[below], one))
                    break;
                kept[at] = kept[below];
            }
            kept[at] = one;
        }

        private static bool IsWorse(
            (float Score, int Order, int Beam, int Child) one,
            (float Score, int Order, int Beam, int Child) other
        ) => one.Score < other.Score || (one.Score == other.Score && one.Order > other.Order);
    }
}

/// <summary>Continuations that were chosen.</summary>
/// <param name="Parents">Beam that each continues, <c>[B, W]</c>, int64.</param>
/// <param name="Tokens">Its token, <c>[B, W]</c>, int64.</param>
/// <param name="Scores"><c>[B, W]</c>, float32.</param>
/// <param name="States">Its state in the trie, <c>[B, W]</c>, int64.</param>
internal sealed record HostChoice(Tensor Parents, Tensor Tokens, Tensor Scores, Tensor States)
{
    /// <summary>Tensors whose content is undefined, in the caller's scope.</summary>
    public static HostChoice For(long users, long width) =>
        new(
            empty(users, width, dtype: ScalarType.Int64),
            empty(users, width, dtype: ScalarType.Int64),
            empty(users, width, dtype: ScalarType.Float32),
            empty(users, width, dtype: ScalarType.Int64)
        );
}
