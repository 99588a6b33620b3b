using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using GenRec.Shared.Nn;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Histories and sessions as tokens: histories in length groups, sessions with a BOS before every item. Plain arrays.</summary>
/// <param name="Ids">Tokens of the histories, group after group.</param>
/// <param name="Groups">Groups of B histories in all.</param>
/// <param name="Inputs"><c>BOS, s_1^1 .. s_1^L, BOS, s_2^1 ..</c> of each session, <c>[B S x m (L + 1)]</c>.</param>
/// <param name="Targets">The codes alone, <c>[B S x m L]</c>.</param>
/// <param name="Order">Which history of the batch stands at each place, <c>[B]</c>; its S sessions stay side by side.</param>
/// <param name="Items">m, items of a session.</param>
/// <param name="Levels">L, codes of an item.</param>
public sealed record OneRecBatch(
    long[] Ids,
    IReadOnlyList<LengthGroup> Groups,
    long[] Inputs,
    long[] Targets,
    int[] Order,
    int Items,
    int Levels
) : RichRecord
{
    /// <summary>B S, sessions.</summary>
    public int Sessions => Targets.Length / (Items * Levels);

    /// <summary>S, sessions of each history.</summary>
    public int PerHistory => Sessions / Order.Length;

    /// <summary>The token wanted at each position of <see cref="Inputs"/>: none behind an item's last code, where BOS follows.</summary>
    internal long[] Wanted { get; } = Spread(Targets, Levels);

    /// <summary>Spells histories and sessions.</summary>
    /// <param name="tokens">The vocabulary; its token 0 is the BOS.</param>
    /// <param name="batch">Items.</param>
    /// <param name="maxHistory">n, items of a history that are read.</param>
    /// <exception cref="ArgumentException">An item has no semantic id.</exception>
    public static OneRecBatch Of(TigerTokens tokens, SessionBatch batch, int maxHistory)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(batch);
        var rows = new int[batch.Histories.Count][];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = tokens.Input(batch.Histories[row], maxHistory);
        var (order, groups) = LengthGroups.Of([.. rows.Select(row => row.Length)]);
        var (levels, items, at) = (tokens.Levels, batch.Length, 0);
        var ids = new long[groups.Sum(group => group.Tokens)];
        var (inputs, targets) = (new long[batch.Count * items * (levels + 1)], new long[batch.Count * items * levels]);
        var (input, target) = (0, 0);
        foreach (var row in order)
        {
            foreach (var token in rows[row])
                ids[at++] = token;
            for (var session = row * batch.PerHistory; session < (row + 1) * batch.PerHistory; session++)
                foreach (var item in batch[session])
                {
                    input++; // BOS is 0
                    foreach (var token in tokens.Of(item))
                        inputs[input++] = targets[target++] = token;
                }
        }
        return new OneRecBatch(ids, groups, inputs, targets, order, items, levels);
    }

    private static long[] Spread(long[] targets, int levels)
    {
        var wanted = new long[targets.Length / levels * (levels + 1)];
        Array.Fill(wanted, T5.NoTarget);
        for (int from = 0, to = 0; from < targets.Length; from += levels, to += levels + 1)
            targets.AsSpan(from, levels).CopyTo(wanted.AsSpan(to));
        return wanted;
    }
}

/// <summary>Makes the training batch of any step; a function of the seed and the step alone.</summary>
public sealed class OneRecBatcher : RichObject
{
    private readonly TigerTokens tokens;
    private readonly OneRecOptions options;
    private readonly CounterRandom random;
    private int[] shuffled = [];
    private long shuffledEpoch = -1;

    /// <summary>Prepares batches of pairs.</summary>
    /// <param name="examples">Histories and sessions of m items.</param>
    /// <param name="tokens">The vocabulary.</param>
    /// <param name="options">Batch size, session length and longest history.</param>
    /// <param name="seed">Seed of the order of pairs.</param>
    /// <exception cref="ArgumentException">The ids are of another catalogue, or sessions have another length than the model's.</exception>
    public OneRecBatcher(SessionExamples examples, TigerTokens tokens, OneRecOptions options, long seed)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        tokens.RequireCatalogue(examples.ItemCount);
        if (examples.Length != options.SessionLength)
            throw new ArgumentException(
                $"The sessions have {examples.Length} items, the model generates {options.SessionLength}. Set the model's "
                    + $"{nameof(OneRecOptions.SessionLength)}, or take {nameof(SessionExamples.PointWise)} pairs for a model of single items.",
                nameof(examples)
            );
        (Examples, this.tokens, this.options) = (examples, tokens, options);
        random = new CounterRandom((ulong)seed).Fork("sessions");
    }

    /// <summary>What is learned from.</summary>
    public SessionExamples Examples { get; }

    /// <summary>Batches in a pass over the pairs; the last one may be smaller.</summary>
    public int StepsPerEpoch => (Examples.Count + options.BatchSize - 1) / options.BatchSize;

    /// <summary>Which pairs one step learns from.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    public int[] RowsAt(long step)
    {
        var (epoch, first) = (step / StepsPerEpoch, (int)(step % StepsPerEpoch) * options.BatchSize);
        if (epoch != shuffledEpoch)
        {
            shuffled = [.. Enumerable.Range(0, Examples.Count)];
            random.Shuffle(shuffled.AsSpan(), (ulong)epoch);
            shuffledEpoch = epoch;
        }
        return shuffled[first..Math.Min(first + options.BatchSize, shuffled.Length)];
    }

    /// <summary>The batch of one step.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    public OneRecBatch At(long step) => OneRecBatch.Of(tokens, Examples.Batch(RowsAt(step)), options.MaxHistory);
}
