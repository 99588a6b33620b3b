using GenRec.Shared.Data;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Models;

/// <summary>Makes the training batch of any step: rows or windows until they hold a number of items to be written.</summary>
/// <remarks>
/// Counting targets, not rows, makes an update of every shape learn from equally many items. Every item of a user but the
/// first is written once an epoch under both kinds of supervision; a long row is cut into pieces that overlap in what they read.
/// A function of the seed and the step alone.
/// </remarks>
public sealed class BackboneBatcher : RichObject
{
    private readonly Interactions train;
    private readonly BackboneOptions options;
    private readonly CounterRandom random;
    private readonly (int User, int First, int End)[] pieces; // items that are read or written; the last ones are written
    private readonly int[] written; // targets of each piece
    private (int Piece, int Step)[] order = [];
    private long orderedEpoch = -1;
    private readonly Backbone model;

    /// <summary>Prepares batches over a training set.</summary>
    /// <param name="train">Training interactions.</param>
    /// <param name="model">Whose shape and vocabulary the batches have.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <exception cref="ArgumentException">No user has two items, or the ids are of another catalogue.</exception>
    public BackboneBatcher(Interactions train, Backbone model, long seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(model);
        if (train.ItemCount != model.Ids.ItemCount)
            throw new ArgumentException(
                $"The interactions have {train.ItemCount} items, the semantic ids {model.Ids.ItemCount}: they are of different catalogues."
            );
        (this.train, options, this.model) = (train, model.Options, model);
        random = new CounterRandom((ulong)seed).Fork("pieces");
        pieces = [.. Pieces(train, options)];
        if (pieces.Length == 0)
            throw new ArgumentException(
                $"None of the {train.Users} users has two training items: a history shorter than two has no next item to learn from.",
                nameof(train)
            );
        written =
        [
            .. pieces.Select(piece => options.Supervision == Supervision.LastItem ? 1 : piece.End - piece.First - 1),
        ];
        Targets = written.Sum(count => (long)count);
        StepsPerEpoch = (int)Math.Max(1, (Targets + options.BatchTargets - 1) / options.BatchTargets);
    }

    /// <summary>Items written in an epoch.</summary>
    public long Targets { get; }

    /// <summary>Batches in a pass over the data.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The batch of one step, in as many parts as <see cref="BackboneOptions.LengthClasses"/> finds lengths for.</summary>
    /// <param name="step">Counted from 0 over all epochs.</param>
    /// <returns>At least one part; the batch's loss is their mean, weighted by <see cref="BackboneBatch.Targets"/>.</returns>
    public IReadOnlyList<BackboneBatch> At(long step)
    {
        Order(step / StepsPerEpoch);
        var wanted = (int)(step % StepsPerEpoch);
        var first = Array.FindIndex(order, piece => piece.Step == wanted);
        var (sequences, firsts) = (new List<int[]>(), new List<int>());
        for (var at = first; at >= 0 && at < order.Length && order[at].Step == wanted; at++)
        {
            var (user, from, end) = pieces[order[at].Piece];
            sequences.Add(train.ItemsOf(user)[from..end].ToArray());
            firsts.Add(end - from - written[order[at].Piece]);
        }
        return InClasses(model, sequences, firsts);
    }

    /// <summary>Packs sequences, each class of lengths by itself; classes are equally wide, up to the longest.</summary>
    /// <param name="model">Whose options say how many classes there are.</param>
    /// <param name="sequences">As for <see cref="Backbone.Pack"/>.</param>
    /// <param name="firstTargets">The same.</param>
    /// <returns>Longest first; a class without a sequence is left out.</returns>
    public static IReadOnlyList<BackboneBatch> InClasses(
        Backbone model,
        IReadOnlyList<int[]> sequences,
        IReadOnlyList<int> firstTargets
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(firstTargets);
        var (longest, classes) = (sequences.Max(sequence => sequence.Length), model.Options.LengthClasses);
        return
        [
            .. Enumerable
                .Range(0, sequences.Count)
                .GroupBy(at => ClassOf(sequences[at].Length))
                .OrderBy(group => group.Key)
                .Select(group =>
                    model.Pack([.. group.Select(at => sequences[at])], [.. group.Select(at => firstTargets[at])])
                ),
        ];

        int ClassOf(int length) => (longest - length) * classes / longest;
    }

    /// <summary>Windows, or rows in pieces: the items <c>First..End-1</c> of a user, the last one or all but the first to be written.</summary>
    internal static IEnumerable<(int User, int First, int End)> Pieces(Interactions train, BackboneOptions options)
    {
        var longest = options.MaxItems;
        for (var user = 0; user < train.Users; user++)
        {
            var length = train.ItemsOf(user).Length;
            if (options.Supervision == Supervision.LastItem)
                for (var target = 1; target < length; target++)
                    yield return (user, Math.Max(0, target - longest), target + 1);
            else
                for (var first = 0; first < length - 1; first += longest)
                    yield return (user, first, Math.Min(length, first + longest + 1));
        }
    }

    // Pieces in a new order, each in the batch that its place among all targets falls into: no batch is empty, and none differs
    // from another by more than one piece.
    private void Order(long epoch)
    {
        if (epoch == orderedEpoch)
            return;
        int[] shuffled = [.. Enumerable.Range(0, pieces.Length)];
        random.Shuffle(shuffled.AsSpan(), (ulong)epoch);
        order = new (int, int)[shuffled.Length];
        var before = 0L;
        for (var at = 0; at < shuffled.Length; at++)
        {
            order[at] = (shuffled[at], (int)(before * StepsPerEpoch / Targets));
            before += written[shuffled[at]];
        }
        orderedEpoch = epoch;
    }
}
