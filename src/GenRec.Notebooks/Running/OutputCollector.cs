using System.Text.Json.Nodes;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Running;

/// <summary>Gathers what one cell shows, in the form notebooks keep it.</summary>
/// <remarks>
/// Neighbouring console text is one output; a carriage return goes back to the start of its line, as on a terminal; a
/// display that is updated keeps its place and its last value.
/// </remarks>
internal sealed class OutputCollector(RunLimits limits, PathScrubber scrubber, DisplayRegistry displays) : ICellSink
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];
    private bool clearNext;
    private int leftOut;

    /// <summary>The last whole line or value shown, for progress; null where there is none.</summary>
    public Action<string>? Progress { get; init; }

    public void Stream(ConsoleStream stream, string text)
    {
        lock (gate)
        {
            ClearIfAsked();
            if (entries is [.., { Text: not null } last] && last.Stream == stream)
                last.Text.Append(text);
            else
                Add(new Entry { Stream = stream, Text = new TerminalText(limits.StreamCharacters) }).Text!.Append(text);
        }
        if (Progress is not null && text.AsSpan().TrimEnd().ToString() is { Length: > 0 } line)
            Progress(line[(line.LastIndexOfAny(['\n', '\r']) + 1)..]);
    }

    public void Display(MimeBundle value, string? displayId)
    {
        lock (gate)
        {
            ClearIfAsked();
            var entry = Add(new Entry { Value = value });
            if (displayId is not null)
                displays.Add(displayId, entry);
        }
        ReportText(value);
    }

    public void Update(MimeBundle value, string displayId)
    {
        displays.Update(displayId, value);
        ReportText(value);
    }

    public void Result(MimeBundle value)
    {
        lock (gate)
        {
            ClearIfAsked();
            Add(new Entry { Value = value, IsResult = true });
        }
    }

    public void Error(CellError error)
    {
        lock (gate)
            entries.Add(new Entry { Error = error });
    }

    public void Clear(bool wait)
    {
        lock (gate)
        {
            if (wait)
                clearNext = true;
            else
                entries.Clear();
        }
    }

    /// <summary>The outputs as nbformat has them.</summary>
    public JsonArray ToOutputs(int executionCount)
    {
        lock (gate)
        {
            var outputs = new JsonArray([.. entries.Select(entry => ToOutput(entry, executionCount))]);
            if (leftOut > 0)
                outputs.Add(StreamOutput(ConsoleStream.Error, $"... {leftOut} more outputs left out ...\n"));
            return outputs;
        }
    }

    private Entry Add(Entry entry)
    {
        if (entries.Count < limits.Outputs || entry.IsResult)
            entries.Add(entry);
        else
            leftOut++;
        return entry;
    }

    private void ClearIfAsked()
    {
        if (!clearNext)
            return;
        clearNext = false;
        entries.Clear();
    }

    private void ReportText(MimeBundle value)
    {
        if (Progress is not null && value.Data.TryGetValue(MimeTypes.Text, out var text))
            Progress(text.GetValue<string>().Split('\n')[0]);
    }

    private JsonObject ToOutput(Entry entry, int executionCount)
    {
        if (entry.Text is not null)
            return StreamOutput(entry.Stream, scrubber.Scrub(entry.Text.ToString()));
        if (entry.Error is { } error)
            return new JsonObject
            {
                ["ename"] = error.Name,
                ["evalue"] = scrubber.Scrub(error.Message),
                ["output_type"] = "error",
                ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)scrubber.Scrub(line))]),
            };
        var output = new JsonObject { ["data"] = Data(entry.Value!) };
        if (entry.IsResult)
            output["execution_count"] = executionCount;
        output["metadata"] = new JsonObject();
        output["output_type"] = entry.IsResult ? "execute_result" : "display_data";
        return output;
    }

    private JsonObject Data(MimeBundle value)
    {
        var data = new JsonObject();
        foreach (var (mime, form) in value.Data)
            data[mime] = IsLines(mime) ? CellText.Split(scrubber.Scrub(form.GetValue<string>())) : form.DeepClone();
        var large = value.Data.Where(form => form.Value.ToJsonString().Length > limits.ValueCharacters).ToArray();
        foreach (var (mime, _) in large)
            data.Remove(mime);
        if (large.Length > 0 && !data.ContainsKey(MimeTypes.Text))
            data[MimeTypes.Text] = CellText.Split("(too large to keep in a notebook)");
        return data;
    }

    private static bool IsLines(string mime) =>
        mime.StartsWith("text/", StringComparison.Ordinal) || mime is "image/svg+xml" or "application/javascript";

    private static JsonObject StreamOutput(ConsoleStream stream, string text) =>
        new()
        {
            ["name"] = stream == ConsoleStream.Out ? "stdout" : "stderr",
            ["output_type"] = "stream",
            ["text"] = CellText.Split(text),
        };

    /// <summary>One output while it can still change.</summary>
    internal sealed class Entry
    {
        public ConsoleStream Stream { get; init; }

        public TerminalText? Text { get; init; }

        public MimeBundle? Value { get; set; }

        public bool IsResult { get; init; }

        public CellError? Error { get; init; }
    }
}

/// <summary>Which outputs of a notebook can still be updated.</summary>
internal sealed class DisplayRegistry
{
    private readonly Dictionary<string, List<OutputCollector.Entry>> entries = new(StringComparer.Ordinal);

    public void Add(string id, OutputCollector.Entry entry)
    {
        lock (entries)
        {
            if (!entries.TryGetValue(id, out var same))
                entries[id] = same = [];
            same.Add(entry);
        }
    }

    public void Update(string id, MimeBundle value)
    {
        lock (entries)
            foreach (var entry in entries.GetValueOrDefault(id, []))
                entry.Value = value;
    }
}
