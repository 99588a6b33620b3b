using GenRec.Shared.Display;
using static TorchSharp.torch;

namespace GenRec.Shared.Decoding;

/// <summary>A prefix that a beam search looked at.</summary>
/// <param name="Parent">Index of the prefix it continues; -1 for the empty one.</param>
/// <param name="Level">Codes in it.</param>
/// <param name="Code">Its newest code; -1 for the empty prefix.</param>
/// <param name="Score">Its log-probability.</param>
/// <param name="IsKept">Whether it became a beam.</param>
/// <param name="Items">Items whose ids begin with it, in the order of their ids.</param>
public sealed record TracedPrefix(int Parent, int Level, int Code, float Score, bool IsKept, IReadOnlyList<int> Items)
    : RichRecord;

/// <summary>One user's beam search written down step by step, with all that it threw away: for looking at, not for speed.</summary>
/// <remarks>
/// A plain loop over the legal codes of each beam, apart from <see cref="BeamSearch"/>: same prefixes, same scores, same order
/// of equal scores.
/// </remarks>
public sealed class BeamTrace : RichObject
{
    private BeamTrace(int width, IReadOnlyList<TracedPrefix> prefixes) => (Width, Prefixes) = (width, prefixes);

    /// <summary>W, the most beams of a step.</summary>
    public int Width { get; }

    /// <summary>Every prefix that was looked at, level by level, the empty one first.</summary>
    public IReadOnlyList<TracedPrefix> Prefixes { get; }

    /// <summary>The ids found, best first: indices into <see cref="Prefixes"/>.</summary>
    public IReadOnlyList<int> Found =>
        [
            .. Enumerable
                .Range(0, Prefixes.Count)
                .Where(at => Prefixes[at].IsKept && Prefixes[at].Level == Prefixes[^1].Level)
                .OrderByDescending(at => Prefixes[at].Score),
        ];

    /// <summary>Codes of a prefix, the oldest first.</summary>
    /// <param name="prefix">Index into <see cref="Prefixes"/>.</param>
    public IReadOnlyList<int> CodesOf(int prefix)
    {
        var codes = new List<int>();
        for (var at = prefix; Prefixes[at].Parent >= 0; at = Prefixes[at].Parent)
            codes.Insert(0, Prefixes[at].Code);
        return codes;
    }

    /// <summary>Searches for one user.</summary>
    /// <param name="decoder">Has read one history and not started yet; not disposed here.</param>
    /// <param name="trie">Ids of one length.</param>
    /// <param name="width">W, at least 1.</param>
    /// <exception cref="ArgumentException">There are several users, or the ids differ in length.</exception>
    public static BeamTrace Of(IStepDecoder decoder, PrefixTrie trie, int width)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(trie);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (decoder.Users != 1)
            throw new ArgumentException($"A trace is of one user, the batch has {decoder.Users}.", nameof(decoder));
        if (!trie.IsUniform || trie.EndToken is not null)
            throw new ArgumentException("A trace needs ids of one length, without an end token.", nameof(trie));
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var tables = new TrieRows(trie);
        var prefixes = new List<TracedPrefix> { new(-1, 0, -1, 0, true, tables.ItemsBelow(0)) };
        var beams = new List<(int Prefix, long State)> { (0, 0) };
        var logits = decoder.Start();
        for (var level = 0; level < trie.Depth; level++)
        {
            var logs = logits.to_type(ScalarType.Float32).log_softmax(-1)[0]; // [W, V]
            var candidates = Candidates(beams, logs, prefixes, tables);
            var kept = candidates.OrderByDescending(found => found.Score).Take(width).ToList(); // a stable order
            var chosen = kept.ToHashSet();
            beams.Clear();
            foreach (var found in candidates)
                prefixes.Add(
                    new TracedPrefix(
                        found.Prefix,
                        level + 1,
                        (int)found.Token - trie.Layout.Starts[level],
                        found.Score,
                        chosen.Contains(found),
                        tables.ItemsBelow(found.State)
                    )
                );
            var first = prefixes.Count - candidates.Count;
            beams.AddRange(kept.Select(found => (first + candidates.IndexOf(found), found.State)));
            if (level + 1 < trie.Depth)
                logits = decoder.Next(
                    tensor([.. kept.Select(found => found.Token)]).view(1, -1),
                    tensor([.. kept.Select(found => (long)found.Beam)]).view(1, -1)
                );
        }
        return new BeamTrace(width, prefixes);
    }

    private static List<Candidate> Candidates(
        List<(int Prefix, long State)> beams,
        Tensor logs,
        List<TracedPrefix> prefixes,
        TrieRows tables
    )
    {
        var found = new List<Candidate>();
        for (var beam = 0; beam < beams.Count; beam++)
        {
            var values = logs[beam].data<float>();
            foreach (var (token, state) in tables.ChildrenOf(beams[beam].State))
                found.Add(
                    new(beam, beams[beam].Prefix, token, state, prefixes[beams[beam].Prefix].Score + values[token])
                );
        }
        return found;
    }

    private readonly record struct Candidate(int Beam, int Prefix, long Token, long State, float Score);

    /// <summary>The trie's arrays on the host.</summary>
    internal sealed class TrieRows(PrefixTrie trie)
    {
        private readonly long[] first = Host(trie.Tables.First);
        private readonly long[] tokens = Host(trie.Tables.Tokens);
        private readonly long[] leafFirst = Host(trie.Tables.LeafFirst);
        private readonly long[] leafLast = Host(trie.Tables.LeafLast);

        public IEnumerable<(long Token, long State)> ChildrenOf(long state)
        {
            for (var child = first[state]; child < first[state + 1]; child++)
                yield return (tokens[child], child);
        }

        public int[] ItemsBelow(long state)
        {
            var (from, to) = (trie.ItemFirstOnHost[leafFirst[state]], trie.ItemFirstOnHost[leafLast[state]]);
            return trie.ItemsOnHost[(int)from..(int)to];
        }

        private static long[] Host(Tensor tensor)
        {
            using var here = tensor.cpu();
            return here.data<long>().ToArray();
        }
    }
}
