namespace GenRec.Shared.Data;

/// <summary>Divides interactions into what is learned from and what is asked.</summary>
/// <remarks>
/// In every split a case's history holds only events that come before its target in the user's row, and the training part
/// keeps the users' rows and the item ids of the whole.
/// </remarks>
public static partial class Splits
{
    /// <summary>Leave-one-out: a user's last event is the test target, the one before it the validation target.</summary>
    /// <param name="interactions">All events, in time order.</param>
    /// <returns>
    /// One validation and one test case for each user with at least three events; the test history holds the validation
    /// target. Users with fewer events are only trained on, with all they have.
    /// </returns>
    /// <remarks>The protocol of SASRec (Kang and McAuley, ICDM 2018, section IV-A) and of most papers after it.</remarks>
    public static Split LeaveOneOut(Interactions interactions)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        var asked = Enumerable
            .Range(0, interactions.Users)
            .Where(user => interactions.ByUser.LengthOf(user) >= 3)
            .ToArray();
        return new Split(
            "leave-one-out",
            interactions.FirstOfEach(user =>
            {
                var length = interactions.ByUser.LengthOf(user);
                return length >= 3 ? length - 2 : length;
            }),
            CasesAt(interactions, asked, user => interactions.ByUser.LengthOf(user) - 2),
            CasesAt(interactions, asked, user => interactions.ByUser.LengthOf(user) - 1)
        );
    }

    /// <summary>Asks each user once, for the event at a position.</summary>
    private static NextItemCases CasesAt(Interactions interactions, int[] users, Func<int, int> position) =>
        CasesAt(interactions, [.. users.Select(user => (user, position(user)))]);

    private static NextItemCases CasesAt(Interactions interactions, IReadOnlyList<(int User, int Position)> cases)
    {
        var offsets = new long[cases.Count + 1];
        for (var i = 0; i < cases.Count; i++)
            offsets[i + 1] = offsets[i] + cases[i].Position;
        var (items, targets) = (new int[offsets[^1]], new int[cases.Count]);
        for (var i = 0; i < cases.Count; i++)
        {
            var row = interactions.ItemsOf(cases[i].User);
            row[..cases[i].Position].CopyTo(items.AsSpan((int)offsets[i]));
            targets[i] = row[cases[i].Position];
        }
        var users = cases.Select(each => each.User).ToArray();
        return new NextItemCases(users, new Histories(offsets, items), targets, interactions.ItemCount);
    }
}
