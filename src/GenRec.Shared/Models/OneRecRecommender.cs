using System.Runtime.InteropServices;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Slates;
using GenRec.Shared.Display;
using GenRec.Shared.Evaluation;
using static TorchSharp.torch;

namespace GenRec.Shared.Models;

/// <summary>Serves with a trained <see cref="OneRec"/>: the best session as a slate, or the best items of a point-wise model.</summary>
/// <remarks>
/// A session-wise model (m items) answers with its most probable session. A point-wise one (m = 1) knows single items only,
/// so that a slate is the list of its most probable ones: the hand rule that OneRec, section 1, wants to be rid of.
/// </remarks>
public sealed class OneRecRecommender : RichObject, IRecommender, ISlatePolicy
{
    private readonly OneRec model;
    private readonly int beams;
    private readonly IReadOnlyList<int> fallback;

    /// <summary>Wraps a model without taking ownership of it.</summary>
    /// <param name="model">Trained.</param>
    /// <param name="fallback">Items for users without a history, best first, for example the popular ones; null where there is no such user.</param>
    /// <param name="beams">Beams of a user; the model's own number where null.</param>
    /// <param name="name">Name in logs.</param>
    public OneRecRecommender(
        OneRec model,
        IReadOnlyList<int>? fallback = null,
        int? beams = null,
        string name = "onerec"
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, this.fallback, this.beams, Name) = (model, fallback ?? [], beams ?? model.Options.Beams, name);
        ArgumentOutOfRangeException.ThrowIfLessThan(this.beams, 1, nameof(beams));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Slates for histories.</summary>
    /// <param name="histories">B rows, none empty.</param>
    /// <param name="length">Items of a slate; a session-wise model gives as many as its sessions have.</param>
    /// <param name="allowed">Whether a row may be shown an item; null: all.</param>
    /// <param name="seen">
    /// What each user has seen, which is left out where the model's <see cref="OneRecOptions.ExcludeSeen"/> says so; the histories
    /// where null.
    /// </param>
    /// <returns>Item ids <c>[B x length]</c>, none twice in a slate; 0 where nothing more was found.</returns>
    /// <exception cref="ArgumentException">A history is empty, or the model's sessions have another length.</exception>
    public int[] Slates(Histories histories, int length, Func<int, int, bool>? allowed = null, Histories? seen = null)
    {
        ArgumentNullException.ThrowIfNull(histories);
        if (model.SessionLength != 1 && model.SessionLength != length)
            throw new ArgumentException(
                $"The model's sessions have {model.SessionLength} items, the slates {length}.",
                nameof(length)
            );
        using var scope = NewDisposeScope();
        using var found = model.Generate(
            histories,
            Math.Max(beams, model.SessionLength == 1 ? length : 1),
            model.Options.BeamGroups,
            model.Options.Identity,
            model.Options.ExcludeSeen ? seen ?? histories : null
        );
        using var items = found.Items.cpu().contiguous();
        var all = MemoryMarshal.Cast<byte, long>(items.bytes); // [B, N, m]
        var perUser = all.Length / histories.Count;
        var slates = new int[histories.Count * length];
        for (var row = 0; row < histories.Count; row++)
        {
            var sessions = all.Slice(row * perUser, perUser);
            var slate = slates.AsSpan(row * length, length);
            if (model.SessionLength == 1)
                TakeItems(row, sessions, slate, allowed);
            else
                TakeSession(row, sessions, slate, allowed);
        }
        return slates;
    }

    /// <inheritdoc/>
    /// <remarks>Items of the best session first, then what the next sessions add.</remarks>
    public (Tensor Items, Tensor Scores) Recommend(Histories histories, int k)
    {
        ArgumentNullException.ThrowIfNull(histories);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        using var scope = NewDisposeScope();
        using var found = model.Sample(histories, Math.Max(beams, model.SessionLength == 1 ? k : 1));
        var (items, scores) = (Host<long>(found.Items), Host<float>(found.Scores));
        var (m, width) = (model.SessionLength, (int)found.Scores.shape[1]);
        var (kept, values) = (new long[histories.Count * k], new float[histories.Count * k]);
        Array.Fill(values, float.NegativeInfinity);
        for (var row = 0; row < histories.Count; row++)
        for (var (at, count) = (0, 0); at < width * m && count < k; at++)
        {
            var item = items[row * width * m + at];
            if (item == 0 || kept.AsSpan(row * k, count).Contains(item))
                continue;
            (kept[row * k + count], values[row * k + count]) = (item, scores[row * width + at / m]);
            count++;
        }
        return (
            tensor(kept).view(-1, k).MoveToOuterDisposeScope(),
            tensor(values).view(-1, k).MoveToOuterDisposeScope()
        );
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A user has no history and there is no fallback, or too few items were found.</exception>
    public void Choose(SlateRequests requests, SlateChoices choices)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(choices);
        var (known, rows, m) = (new List<int>(), new List<int[]>(), requests.SlateLength);
        var seen = new List<int[]>();
        for (var request = 0; request < requests.Count; request++)
            if (requests.History(request).Positives(model.Options.MaxHistory) is { Length: > 0 } history)
            {
                known.Add(request);
                rows.Add(history);
                seen.Add(requests.History(request).Items.ToArray());
            }
        if (known.Count > 0)
        {
            var slates = Slates(
                Histories.From(rows),
                m,
                (row, item) => requests.IsAvailable(known[row], item),
                Histories.From(seen)
            );
            for (var row = 0; row < known.Count; row++)
                slates.AsSpan(row * m, m).CopyTo(choices.Items.AsSpan(known[row] * m));
        }
        for (var request = 0; request < requests.Count; request++)
            FillUp(request, choices.Items.AsSpan(request * m, m), item => requests.IsAvailable(request, item));
    }

    private void FillUp(int request, Span<int> slate, Func<int, bool> isAvailable)
    {
        var place = slate.IndexOf(0);
        foreach (var item in fallback)
        {
            if (place < 0)
                return;
            if (!isAvailable(item) || slate.Contains(item))
                continue;
            slate[place] = item;
            place = slate.IndexOf(0);
        }
        if (place >= 0)
            throw new ArgumentException(
                $"Request {request} got {place} of {slate.Length} items, and there is no fallback left: give {nameof(OneRecRecommender)} "
                    + "items to show to users without a history."
            );
    }

    private static void TakeItems(int row, ReadOnlySpan<long> found, Span<int> slate, Func<int, int, bool>? allowed)
    {
        var count = 0;
        foreach (var item in found)
            if (count < slate.Length && item > 0 && allowed?.Invoke(row, (int)item) != false)
                slate[count++] = (int)item;
    }

    private static void TakeSession(int row, ReadOnlySpan<long> found, Span<int> slate, Func<int, int, bool>? allowed)
    {
        for (var from = 0; from < found.Length; from += slate.Length)
        {
            var fits = true;
            foreach (var item in found.Slice(from, slate.Length))
                fits &= item > 0 && allowed?.Invoke(row, (int)item) != false;
            if (!fits)
                continue;
            for (var place = 0; place < slate.Length; place++)
                slate[place] = (int)found[from + place];
            return;
        }
    }

    private static T[] Host<T>(Tensor tensor)
        where T : unmanaged
    {
        using var here = tensor.cpu().contiguous();
        return MemoryMarshal.Cast<byte, T>(here.bytes).ToArray();
    }
}
