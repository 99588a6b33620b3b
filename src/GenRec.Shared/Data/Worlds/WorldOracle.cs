using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Worlds;

/// <summary>The truth about a simulated world. For evaluation and figures; a model that reads it is cheating.</summary>
/// <remarks>
/// The oracle knows the user's hidden state just before a choice (taste, inclinations, intent, need) and the history; it
/// does not know the reason that is drawn next. No recommender that sees observables alone can do better in
/// expectation, and none can do quite as well, since it must infer the state. Answers do not depend on what was asked
/// before. Safe to use from several threads.
/// </remarks>
public sealed class WorldOracle : RichObject
{
    private readonly WorldPreset preset;
    private readonly Catalogue items;
    private readonly Course course;
    private readonly CounterRandom trials;

    internal WorldOracle(WorldPreset preset, Catalogue items, Course course, CounterRandom trials) =>
        (this.preset, this.items, this.course, this.trials) = (preset, items, course, trials);

    /// <summary>N, the number of items.</summary>
    public int ItemCount => items.Count;

    /// <summary>True probability of each item as the choice at a place of a user's history.</summary>
    /// <param name="user">Row of the interactions.</param>
    /// <param name="position"><c>0..length</c>; <c>length</c> is the choice that the log does not hold yet.</param>
    /// <returns><c>[N + 1]</c>, not negative, sums to 1; entry 0 is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such user or position.</exception>
    public double[] NextItem(int user, int position)
    {
        var probabilities = new double[items.Count + 1];
        Distribute(new ChoiceModel(items, preset), user, position, probabilities);
        return probabilities;
    }

    /// <summary>Why the item at this place of the log was chosen.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such place.</exception>
    public ChoiceReason ReasonOf(int user, int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, LengthOf(user));
        return course.Reasons[Start(user, position)];
    }

    /// <summary>True probability of each reason at a place, indexed by <see cref="ChoiceReason"/>; sums to 1.</summary>
    /// <inheritdoc cref="NextItem" path="/param"/>
    /// <inheritdoc cref="NextItem" path="/exception"/>
    public double[] ReasonProbabilities(int user, int position)
    {
        var (start, now) = (Start(user, position), MomentOf(user, position));
        var history = course.Items.AsSpan(start - position, position);
        return new ChoiceModel(items, preset).ReasonProbabilities(course.Traits[user], now, history);
    }

    /// <summary>Lets the user choose once more at the same place, as it might also have happened.</summary>
    /// <param name="user">Row of the interactions.</param>
    /// <param name="position"><c>0..length</c>.</param>
    /// <param name="trial">Equal trials give equal choices; different trials are independent.</param>
    /// <returns>An item drawn from <see cref="NextItem"/>, with its reason.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such user or position.</exception>
    public (ChoiceReason Reason, int Item) Resample(int user, int position, int trial)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trial);
        var (start, now) = (Start(user, position), MomentOf(user, position));
        var place = (ulong)user << 32 | (uint)position;
        var (forReason, forItem) = (trials.At(place, 2 * (ulong)trial), trials.At(place, 2 * (ulong)trial + 1));
        var history = course.Items.AsSpan(start - position, position);
        return new ChoiceModel(items, preset).Choose(course.Traits[user], now, history, forReason, forItem);
    }

    /// <summary>The user's long-term taste at a place: categories (department > topic) with their share, summing to 1.</summary>
    /// <inheritdoc cref="NextItem" path="/param"/>
    /// <inheritdoc cref="NextItem" path="/exception"/>
    public IReadOnlyList<(string Category, double Share)> TasteOf(int user, int position)
    {
        var taste = MomentOf(user, position).Interests;
        return [.. taste.Topics.Select((topic, k) => (CategoryOf(topic), taste.Weights[k]))];
    }

    /// <summary>The topic on the user's mind at a place (department > topic), or null.</summary>
    /// <inheritdoc cref="NextItem" path="/param"/>
    /// <inheritdoc cref="NextItem" path="/exception"/>
    public string? IntentOf(int user, int position) =>
        MomentOf(user, position).Intent is >= 0 and var topic ? CategoryOf(topic) : null;

    /// <summary>The volume that continues this item's series, or 0.</summary>
    public int SequelOf(int item) => items.NextVolume[Checked(item)];

    /// <summary>The three items that go with this one, likeliest first (0.6, 0.3, 0.1).</summary>
    public ReadOnlySpan<int> ComplementsOf(int item) => items.Complements[Checked(item)];

    /// <summary>True probabilities as scores of test cases, in the layout of a full scorer.</summary>
    /// <param name="cases">Each history must be the beginning of its user's log, uncut.</param>
    /// <param name="first">First case to score.</param>
    /// <param name="count">Number of cases.</param>
    /// <returns><c>[count x (N + 1)]</c> row after row; entry 0 of a row belongs to padding and is 0.</returns>
    /// <exception cref="ArgumentException">A history is not the beginning of its user's log.</exception>
    public float[] Scores(NextItemCases cases, int first, int count)
    {
        ArgumentNullException.ThrowIfNull(cases);
        var width = items.Count + 1;
        var scores = new float[checked(count * width)];
        var at = 0;
        ForEach(
            cases,
            first,
            count,
            (_, probabilities) =>
            {
                for (var item = 0; item < width; item++)
                    scores[at++] = (float)probabilities[item];
            }
        );
        return scores;
    }

    /// <summary>The best possible recommendation for each case: the k likeliest items, best first.</summary>
    /// <param name="cases">Each history must be the beginning of its user's log, uncut.</param>
    /// <param name="k">Length of each list, <c>1..N</c>.</param>
    /// <returns>Item ids <c>[cases x k]</c>, case after case; equal probabilities by smaller id.</returns>
    /// <exception cref="ArgumentException">A history is not the beginning of its user's log.</exception>
    public int[] BestItems(NextItemCases cases, int k)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, items.Count);
        var lists = new int[cases.Count * k];
        ForEach(cases, 0, cases.Count, (c, probabilities) => TopK(probabilities, lists.AsSpan(c * k, k)));
        return lists;
    }

    /// <summary>Where the targets stand when items are ranked by their true probability.</summary>
    /// <param name="cases">Each history must be the beginning of its user's log, uncut.</param>
    /// <returns>For each case, how many items are likelier than the target and how many others exactly as likely.</returns>
    /// <exception cref="ArgumentException">A history is not the beginning of its user's log.</exception>
    public (int Above, int Level)[] RankTargets(NextItemCases cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        var ranks = new (int Above, int Level)[cases.Count];
        ForEach(cases, 0, cases.Count, (c, probabilities) => ranks[c] = Place(probabilities, cases.Targets[c]));
        return ranks;

        static (int, int) Place(double[] probabilities, int target)
        {
            var (above, level) = (0, -1); // the target is level with itself
            foreach (var probability in probabilities.AsSpan(1))
            {
                above += probability > probabilities[target] ? 1 : 0;
                level += probability == probabilities[target] ? 1 : 0;
            }
            return (above, level);
        }
    }

    /// <summary>What lists are worth under the truth: exact expectation over the choice that comes next.</summary>
    /// <param name="cases">Each history must be the beginning of its user's log, uncut; targets are not read.</param>
    /// <param name="lists">Item ids <c>[cases x k]</c>, case after case, best first, none twice; 0 is an empty place.</param>
    /// <param name="k">Length of each list.</param>
    /// <returns>Mean Recall@k and NDCG@k over the cases.</returns>
    /// <exception cref="ArgumentException">
    /// The lists are no <c>[cases x k]</c> item ids, or a history is not the beginning of its user's log.
    /// </exception>
    public RankingValue Expected(NextItemCases cases, int[] lists, int k)
    {
        RankingValue.CheckLists(cases, lists, k);
        var (recall, ndcg) = (0.0, 0.0);
        ForEach(
            cases,
            0,
            cases.Count,
            (c, probabilities) =>
            {
                for (var place = 0; place < k; place++)
                {
                    recall += probabilities[lists[c * k + place]];
                    ndcg += probabilities[lists[c * k + place]] / Math.Log2(place + 2);
                }
            }
        );
        return new RankingValue(recall / cases.Count, ndcg / cases.Count);
    }

    /// <summary>The highest expected Recall@k and NDCG@k that any recommender can have on these cases.</summary>
    /// <inheritdoc cref="BestItems" path="/param"/>
    /// <inheritdoc cref="BestItems" path="/exception"/>
    public RankingValue Ceiling(NextItemCases cases, int k) => Expected(cases, BestItems(cases, k), k);

    private void ForEach(NextItemCases cases, int first, int count, Action<int, double[]> use)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, cases.Count, nameof(count));
        var model = new ChoiceModel(items, preset);
        var probabilities = new double[items.Count + 1];
        for (var c = first; c < first + count; c++)
        {
            var user = cases.Users[c];
            var history = cases.Histories[c];
            if (history.Length > LengthOf(user) || !history.SequenceEqual(LogOf(user)[..history.Length]))
                throw new ArgumentException(
                    $"The history of case {c} is not the beginning of user {user}'s log; the oracle needs it whole.",
                    nameof(cases)
                );
            Distribute(model, user, history.Length, probabilities);
            use(c, probabilities);
        }
    }

    private void Distribute(ChoiceModel model, int user, int position, double[] probabilities)
    {
        var (start, now) = (Start(user, position), MomentOf(user, position));
        model.Distribute(course.Traits[user], now, course.Items.AsSpan(start - position, position), probabilities);
    }

    private static void TopK(double[] probabilities, Span<int> best)
    {
        var heap = new PriorityQueue<int, (double, int)>(best.Length + 1); // the least likely is on top, large ids first
        for (var item = 1; item < probabilities.Length; item++)
            if (heap.Count < best.Length)
                heap.Enqueue(item, (probabilities[item], -item));
            else
                heap.EnqueueDequeue(item, (probabilities[item], -item));
        for (var place = best.Length - 1; place >= 0; place--)
            best[place] = heap.Dequeue();
    }

    private int LengthOf(int user) =>
        (uint)user < (uint)course.Traits.Length
            ? (int)(course.Offsets[user + 1] - course.Offsets[user])
            : throw new ArgumentOutOfRangeException(nameof(user), user, $"There are {course.Traits.Length} users.");

    private ReadOnlySpan<int> LogOf(int user) => course.Items.AsSpan((int)course.Offsets[user], LengthOf(user));

    private int Start(int user, int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, LengthOf(user));
        return (int)course.Offsets[user] + position;
    }

    private Moment MomentOf(int user, int position) => course.Moments[Start(user, position) + user];

    private string CategoryOf(int topic) => $"{items.Topics[topic].Department} > {items.Topics[topic].Name}";

    private int Checked(int item) =>
        item >= 1 && item <= items.Count
            ? item
            : throw new ArgumentOutOfRangeException(nameof(item), item, $"Items are 1..{items.Count}.");
}
