using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenRec.Notebooks.Kernel.Protocol;

namespace GenRec.Notebooks.Kernel;

/// <summary>The cells run since the kernel started, as history requests ask for them.</summary>
internal sealed class CellHistory
{
    private const int Session = 1; // the only one: nothing is kept beyond the kernel's life
    private const int MostEntries = 10_000;

    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];

    /// <summary>Keeps a cell.</summary>
    public void Add(int line, string input, string? output)
    {
        lock (gate)
        {
            if (entries.Count == MostEntries)
                entries.RemoveAt(0);
            entries.Add(new Entry(line, input, output));
        }
    }

    /// <summary>Answers a history request.</summary>
    public JsonObject Reply(KernelMessage request)
    {
        Entry[] all;
        lock (gate)
            all = [.. entries];
        var found = request.Text("hist_access_type", "tail") switch
        {
            "range" => Range(all, request),
            "tail" => all.TakeLast(Math.Max(0, request.Number("n", all.Length))),
            "search" => Search(all, request),
            var other => throw new MalformedMessageException(
                $"history_request: hist_access_type '{other}' is none of range, tail, search."
            ),
        };
        var output = request.Flag("output", false);
        return new JsonObject
        {
            ["status"] = "ok",
            ["history"] = new JsonArray([.. found.Select(entry => Shown(entry, output))]),
        };
    }

    // Session 0 is the current one, and so is its own number; there are no others.
    private static IEnumerable<Entry> Range(Entry[] all, KernelMessage request)
    {
        if (request.Number("session", 0) is not (0 or Session))
            return [];
        var (start, stop) = (request.Number("start", 1), request.Number("stop", int.MaxValue));
        return all.Where(entry => entry.Line >= start && entry.Line < stop);
    }

    private static IEnumerable<Entry> Search(Entry[] all, KernelMessage request)
    {
        var pattern = Glob(request.Text("pattern", "*"));
        var found = all.Where(entry => pattern.IsMatch(entry.Input));
        if (request.Flag("unique", false))
            found = found.Reverse().DistinctBy(entry => entry.Input).Reverse();
        return found.TakeLast(Math.Max(0, request.Number("n", all.Length)));
    }

    private static Regex Glob(string pattern)
    {
        var text = Regex.Escape(pattern).Replace(@"\*", ".*").Replace(@"\?", ".");
        return new Regex($"^{text}$", RegexOptions.Singleline | RegexOptions.NonBacktracking);
    }

    private static JsonArray Shown(Entry entry, bool output) =>
        new(Session, entry.Line, output ? new JsonArray(entry.Input, entry.Output) : JsonValue.Create(entry.Input));

    private sealed record Entry(int Line, string Input, string? Output);
}
