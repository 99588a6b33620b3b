using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data;

/// <summary>Makes the masked batch of any step: items hidden behind [MASK], to be told from both sides.</summary>
/// <remarks>
/// Sun et al., "BERT4Rec", CIKM 2019, arXiv:1904.06690, section 3.6. Sequences are packed as in
/// <see cref="NextItemBatcher"/>, and [MASK] is the id <c>N + 1</c>. The newest item of a sequence always has the position
/// L - 1; the authors' code counts positions from the oldest item instead, which is the same for full windows. Users with
/// fewer than two training items are left out: nothing around the mask would tell it.
/// </remarks>
public sealed class ClozeBatcher : RichObject, INextItemBatches
{
    private readonly ClozeBatching options;
    private readonly Interactions train;
    private readonly (int User, int First, int Length)[] windows; // sequences, by place in their user's row
    private readonly EpochOrder order;
    private readonly NegativeItems negatives;
    private readonly CounterRandom masks;
    private readonly CounterRandom lastOnly;

    /// <summary>Prepares batches over a training set.</summary>
    /// <exception cref="ArgumentException">No user has two items, or an option is out of its range.</exception>
    public ClozeBatcher(Interactions train, ClozeBatching options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.train, this.options) = (train, options);
        windows = [.. Enumerable.Range(0, train.Users).SelectMany(Windows)];
        if (windows.Length == 0)
            throw new ArgumentException(
                "No user has two training items: a masked one would have no neighbour.",
                nameof(train)
            );
        var random = new CounterRandom(options.Seed);
        (masks, lastOnly) = (random.Fork("masks"), random.Fork("last only"));
        order = new EpochOrder(random.Fork("users"), [.. Enumerable.Range(0, windows.Length)], options.BatchSize);
        negatives = new NegativeItems(
            train,
            random.Fork("negatives"),
            options.Negatives,
            options.Sharing,
            options.ExcludeSeen
        );
    }

    /// <inheritdoc/>
    public int StepsPerEpoch => order.StepsPerEpoch;

    /// <summary>Sequences: one for each user, or more where long histories become windows.</summary>
    public int Sequences => windows.Length;

    /// <summary>The id that hides an item.</summary>
    public long MaskId => train.ItemCount + 1L;

    /// <inheritdoc/>
    public NextItemBatch At(long step)
    {
        var chosen = order.At(step);
        var epoch = step / StepsPerEpoch;
        var (users, lengths, hidden) = (new int[chosen.Length], new int[chosen.Length], new int[chosen.Length][]);
        for (var i = 0; i < chosen.Length; i++)
        {
            (users[i], _, lengths[i]) = windows[chosen[i]];
            hidden[i] = Hidden(chosen[i], lengths[i], epoch);
        }
        var packing = RowPacking.Pack(lengths, lengths.Max());
        var (cells, masked) = (packing.Rows * packing.Width, hidden.Sum(places => places.Length));
        var batch = new NextItemBatch(
            packing.Rows,
            packing.Width,
            Items: new long[cells],
            Positions: new long[cells],
            Segments: new long[cells],
            Cells: new long[masked],
            Targets: new long[masked],
            Negatives: negatives.Draw(users, Array.ConvertAll(hidden, places => places.Length), step)
        );
        for (var (i, at) = (0, 0); i < chosen.Length; at += hidden[i].Length, i++)
        {
            var (user, first, length) = windows[chosen[i]];
            var start = packing.Starts.Span[i];
            var row = train.ItemsOf(user).Slice(first, length);
            for (var j = 0; j < length; j++)
                (batch.Items[start + j], batch.Positions[start + j]) = (row[j], options.MaxLength - length + j);
            batch.Segments.AsSpan(start, length).Fill(i + 1);
            for (var k = 0; k < hidden[i].Length; k++)
            {
                var place = hidden[i][k];
                (batch.Cells[at + k], batch.Targets[at + k]) = (start + place, row[place]);
                batch.Items[start + place] = Shown(chosen[i], place, row[place], epoch);
            }
        }
        return batch;
    }

    /// <summary>Windows of a user's row, oldest first; gen_data_fin.py counts them back from the newest item.</summary>
    private IEnumerable<(int User, int First, int Length)> Windows(int user)
    {
        var (length, longest) = (train.ItemsOf(user).Length, options.MaxLength);
        if (length < 2)
            return [];
        if (length <= longest || options.WindowStep is not { } share)
            return [(user, Math.Max(0, length - longest), Math.Min(length, longest))];
        var step = Math.Max(1, (int)(share * longest));
        var firsts = new List<int>();
        for (var first = length - longest; first > 0; first -= step)
            firsts.Add(first);
        firsts.Add(0);
        firsts.Reverse();
        return firsts.Select(first => (user, first, longest));
    }

    /// <summary>The places of a sequence that are to be told, in order.</summary>
    private int[] Hidden(int window, int length, long epoch)
    {
        if (options.LastOnlyShare > 0 && lastOnly.At((ulong)epoch, (ulong)window).Chance(options.LastOnlyShare))
            return [length - 1];
        var most = Math.Min(options.MaxMasks ?? length, length);
        var wanted =
            options.Draw == MaskDraw.Exact ? Math.Round(length * options.MaskRate) : Hits(window, length, epoch);
        return Sample(window, length, (int)Math.Clamp(wanted, 1, most), epoch);
    }

    // How many of the positions are hit, each by itself; which ones is drawn after, so that a bound cuts at random places.
    private int Hits(int window, int length, long epoch)
    {
        var hits = 0;
        for (var place = 0; place < length; place++)
            hits += masks.At(Stream(epoch, 1), Place(window, place)).Chance(options.MaskRate) ? 1 : 0;
        return hits;
    }

    /// <summary>Distinct places, each set equally likely (the first steps of a shuffle).</summary>
    private int[] Sample(int window, int length, int count, long epoch)
    {
        var places = new int[length];
        for (var i = 0; i < length; i++)
            places[i] = i;
        for (var i = 0; i < count; i++)
        {
            var other = i + masks.At(Stream(epoch, 0), Place(window, i)).Below(length - i);
            (places[i], places[other]) = (places[other], places[i]);
        }
        Array.Sort(places, 0, count);
        return places[..count];
    }

    private long Shown(int window, int place, int item, long epoch)
    {
        if (options.MaskShare >= 1)
            return MaskId;
        var draw = masks.At(Stream(epoch, 2), Place(window, place));
        if (draw.Chance(options.MaskShare))
            return MaskId;
        var other = new CounterDraw(draw.Second, 0);
        return other.Chance(0.5) ? item : 1 + masks.At(Stream(epoch, 3), Place(window, place)).Below(train.ItemCount);
    }

    // Four kinds of draw for each masked copy; without copies every epoch is a copy of its own.
    private ulong Stream(long epoch, ulong kind) =>
        (ulong)(options.Copies is { } copies ? epoch % copies : epoch) * 4 + kind;

    private ulong Place(int window, int place) => (ulong)window * (ulong)options.MaxLength + (ulong)place;
}
