using GenRec.Shared.Data;
using GenRec.Shared.Decoding;

namespace GenRec.Shared.Tests.Decoding;

public class SessionSearchTests
{
    private static readonly int[] Codes = [0, 0, 0, 1, 1, 0, 2, 2]; // items 1 to 4
    private const int Separator = 9;

    [Theory]
    [InlineData(null)]
    [InlineData(Separator)]
    public void WideSearchesRankAllSessionsWithoutRepeatsExactly(int? separator)
    {
        using var trie = Trie();
        using var decoder = new TableDecoder(3, 2, 10);
        var options = new SessionOptions
        {
            Width = 24,
            Items = 3,
            Separator = separator,
        };
        using var sessions = new SessionSearch(trie.All, options).Run(decoder);
        for (var user = 0; user < 2; user++)
        {
            var exact = AllSessions()
                .ToDictionary(
                    session => string.Join(' ', session),
                    session => Score(decoder, user, session, separator)
                );
            Assert.Equal(24, exact.Count); // 4 x 3 x 2
            var found = Sessions(sessions, user);
            Assert.Equal(exact.Keys.Order(), found.Order());
            foreach (var (at, best) in exact.Values.OrderDescending().Index())
            {
                Assert.Equal(best, sessions.Scores[user, at].item<float>(), 1e-4);
                Assert.Equal(exact[found[at]], sessions.Scores[user, at].item<float>(), 1e-4);
            }
        }
    }

    [Fact]
    public void AUsersSeenItemsAreInNoSession()
    {
        using var trie = Trie();
        using var decoder = new TableDecoder(3, 2, 10);
        using var exclusion = trie.All.Exclude(
            Histories.From([
                [2],
                [1, 4],
            ])
        );
        var options = new SessionOptions
        {
            Width = 10,
            Items = 2,
            Separator = Separator,
        };
        using var sessions = new SessionSearch(trie.All, options).Run(decoder, exclusion);
        Assert.Equal(6, Sessions(sessions, 0).Count(session => session != "0 0"));
        Assert.Equal(["2 3", "3 2"], Sessions(sessions, 1).Where(session => session != "0 0").Order());
        Assert.DoesNotContain(Sessions(sessions, 0), session => session.Contains('2'));
    }

    [Fact]
    public void SessionsLongerThanTheCatalogueAreEmpty()
    {
        using var trie = Trie();
        using var decoder = new TableDecoder(3, 1, 10);
        var options = new SessionOptions { Width = 3, Items = 5 };
        using var sessions = new SessionSearch(trie.All, options).Run(decoder);
        Assert.All(Sessions(sessions, 0), session => Assert.Equal("0 0 0 0 0", session));
    }

    [Fact]
    public void SharedIdsAreRefused()
    {
        using var trie = PrefixTrie.Build([1, 1], 1);
        Assert.Contains(
            "2 items have 1 ids",
            Assert.Throws<ArgumentException>(() => new SessionSearch(trie.All, new())).Message
        );
    }

    private static PrefixTrie Trie() => PrefixTrie.Build(Codes, 2, layout: TokenLayout.Joint([3, 3], first: 2));

    private static IEnumerable<int[]> AllSessions() =>
        from a in Enumerable.Range(1, 4)
        from b in Enumerable.Range(1, 4)
        from c in Enumerable.Range(1, 4)
        where a != b && b != c && a != c
        select new[] { a, b, c };

    private static double Score(TableDecoder model, int user, int[] session, int? separator)
    {
        var (read, score) = (new List<long>(), 0.0);
        foreach (var item in session)
        {
            if (read.Count > 0 && separator is { } token)
                read.Add(token);
            foreach (var next in new long[] { 2 + Codes[2 * item - 2], 5 + Codes[2 * item - 1] })
            {
                score += model.After(user, read)[next];
                read.Add(next);
            }
        }
        return score;
    }

    private static string[] Sessions(DecodedSessions sessions, int user) =>
        [
            .. Enumerable
                .Range(0, (int)sessions.Items.shape[1])
                .Select(beam => string.Join(' ', sessions.Items[user][beam].data<long>().ToArray())),
        ];
}
