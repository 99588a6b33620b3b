using GenRec.Shared.Decoding;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Tests.Decoding;

/// <summary>A model whose logits are a fixed random function of the user and the whole prefix.</summary>
/// <param name="seed">Chooses the function.</param>
/// <param name="users">B.</param>
/// <param name="vocabulary">V.</param>
internal sealed class TableDecoder(uint seed, int users, int vocabulary) : IStepDecoder
{
    private ulong[][] prefixes = []; // of each user's beams

    public int Users => users;

    public Tensor Start()
    {
        prefixes = [.. Enumerable.Range(0, users).Select(user => new[] { Root(user) })];
        return Logits();
    }

    public Tensor Next(Tensor tokens, Tensor parents)
    {
        var (token, parent) = (tokens.data<long>().ToArray(), parents.data<long>().ToArray());
        var width = (int)tokens.shape[1];
        prefixes =
        [
            .. prefixes.Select(
                (before, user) =>
                    Enumerable
                        .Range(user * width, width)
                        .Select(row => Continue(before[parent[row]], token[row]))
                        .ToArray()
            ),
        ];
        return Logits();
    }

    public void Dispose() { }

    /// <summary>Log-probabilities of the token after a prefix, in float64, by the slow way.</summary>
    public double[] After(int user, IEnumerable<long> prefix)
    {
        var at = prefix.Aggregate(Root(user), Continue);
        var logits = Enumerable.Range(0, vocabulary).Select(token => (double)Logit(at, token)).ToArray();
        var total = Math.Log(logits.Sum(Math.Exp));
        return [.. logits.Select(logit => logit - total)];
    }

    /// <summary>Log-probability of a whole id.</summary>
    public double Of(int user, IReadOnlyList<long> id) =>
        Enumerable.Range(0, id.Count).Sum(at => After(user, id.Take(at))[id[at]]);

    private static ulong Root(int user) => (ulong)user + 1;

    private static ulong Continue(ulong prefix, long token) => new CounterRandom(prefix).At((ulong)token, 7).UInt64;

    private float Logit(ulong prefix, int token) =>
        (float)(2 * new CounterRandom(prefix ^ seed).At((ulong)token, 3).Normal);

    private Tensor Logits()
    {
        var values = prefixes.SelectMany(beams =>
            beams.SelectMany(prefix => Enumerable.Range(0, vocabulary).Select(token => Logit(prefix, token)))
        );
        return tensor(values.ToArray()).view(users, prefixes[0].Length, vocabulary);
    }
}
