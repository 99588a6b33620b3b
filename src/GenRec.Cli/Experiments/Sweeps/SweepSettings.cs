using System.Globalization;
using GenRec.Cli.Commands;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Experiments.Sweeps;

/// <summary>Reads what is varied: lists <c>name=a,b,c</c>, and for random search ranges <c>name=low..high[:log]</c>.</summary>
internal static class SweepSettings
{
    /// <summary>Every combination of lists.</summary>
    /// <exception cref="UserError">A text is no list.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Grid(IReadOnlyList<string> given)
    {
        var varied = Named(given)
            .Select(option => (option.Name, (IReadOnlyList<string>)List(option.Name, option.Text)));
        return TuningRecord.Combinations([.. varied]);
    }

    /// <summary>Settings drawn at random, each at most once; the same seed draws the same ones.</summary>
    /// <param name="given">Lists and ranges. A range of whole numbers gives whole numbers; <c>:log</c> draws the logarithm evenly.</param>
    /// <param name="count">How many; fewer where the lists hold fewer combinations.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="UserError">A text is neither list nor range.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Random(
        IReadOnlyList<string> given,
        int count,
        long seed
    )
    {
        var options = Named(given).Select(option => (option.Name, Draw: Drawing(option.Name, option.Text))).ToArray();
        var random = new CounterRandom((ulong)seed).Fork("sweep");
        var settings = new List<Dictionary<string, string>>();
        var seen = new HashSet<string>();
        for (var draw = 0UL; settings.Count < count && draw < 100UL * (ulong)count; draw++)
        {
            var values = options
                .Index()
                .ToDictionary(
                    option => option.Item.Name,
                    option =>
                        option.Item.Draw((random.At(draw, (ulong)option.Index).UInt64 >> 11) * (1.0 / (1UL << 53)))
                );
            if (seen.Add(string.Join('|', values.Values)))
                settings.Add(values);
        }
        return settings;
    }

    /// <summary>Reads <c>--seeds</c>: <c>1,2,3</c> or <c>1..5</c>.</summary>
    /// <exception cref="UserError">It is no list of whole numbers.</exception>
    public static IReadOnlyList<long> Seeds(string text)
    {
        if (Ends(text) is var (low, high) && IsWhole(low) && IsWhole(high) && high - low < 10_000)
            return [.. Enumerable.Range(0, (int)(high - low) + 1).Select(at => (long)low + at)];
        var seeds = new List<long>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (long.TryParse(part, CultureInfo.InvariantCulture, out var seed))
                seeds.Add(seed);
            else
                throw new UserError($"--seeds '{text}' is no list of whole numbers, as in 1,2,3 or 1..5.");
        return seeds.Count > 0 ? [.. seeds.Distinct()] : throw new UserError("--seeds names no seed, as in 1,2,3.");
    }

    private static List<(string Name, string Text)> Named(IReadOnlyList<string> given)
    {
        var named = new List<(string Name, string Text)>();
        foreach (var (name, text) in given.Select(ExperimentCommand.NameAndValue))
        {
            if (named.Any(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw new UserError($"--vary gives '{name}' twice; name all its values at once, as in {name}=0.1,0.3.");
            named.Add((name, text));
        }
        return named;
    }

    private static string[] List(string name, string text)
    {
        if (text.Contains("..", StringComparison.Ordinal))
            throw new UserError(
                $"--vary {name}={text} is a range; a grid needs a list, or draw settings with --random N."
            );
        var values = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return values.Length > 0
            ? [.. values.Distinct()]
            : throw new UserError($"--vary {name}={text} names no value, as in {name}=0.1,0.3.");
    }

    private static Func<double, string> Drawing(string name, string text)
    {
        if (!text.Contains("..", StringComparison.Ordinal))
        {
            var values = List(name, text);
            return share => values[Math.Min(values.Length - 1, (int)(share * values.Length))];
        }
        var isLog = text.EndsWith(":log", StringComparison.Ordinal);
        if (Ends(isLog ? text[..^4] : text) is not var (low, high) || isLog && low <= 0)
            throw new UserError(
                $"--vary {name}={text} is no range, as in {name}=0.1..0.5"
                    + (isLog ? "; the ends of a logarithmic one are above 0." : ".")
            );
        var isWhole = IsWhole(low) && IsWhole(high) && IsPlain(text);
        return share =>
        {
            var value = isLog
                ? Math.Exp(Math.Log(low) + share * (Math.Log(high) - Math.Log(low)))
                : low + share * (high - low + (isWhole ? 1 : 0));
            return (isWhole ? Math.Floor(Math.Min(value, high)) : double.Round(value, 12)).ToString(
                isWhole ? "F0" : "G6",
                CultureInfo.InvariantCulture
            );
        };
    }

    // "8..64": no decimal point besides the range's own two.
    private static bool IsPlain(string text) => text.Count(letter => letter == '.') == 2;

    private static (double Low, double High)? Ends(string text) =>
        text.Split("..") is [var first, var last]
        && double.TryParse(first, CultureInfo.InvariantCulture, out var low)
        && double.TryParse(last, CultureInfo.InvariantCulture, out var high)
        && double.IsFinite(low)
        && double.IsFinite(high)
        && low < high
            ? (low, high)
            : null;

    private static bool IsWhole(double value) => value == Math.Floor(value);
}
