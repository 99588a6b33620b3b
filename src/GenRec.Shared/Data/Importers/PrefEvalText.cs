using System.Text.Json;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads PrefEval (amazon-science/PrefEval) as JSON lines with <c>topic</c> and <c>n</c>, its place in the topic's file.</summary>
public static class PrefEvalText
{
    private const string Choice = "choice-based";
    private const string Persona = "persona-driven";
    private static readonly string[] ChoiceTurns =
    [
        "query",
        "assistant_options",
        "user_selection",
        "assistant_acknowledgment",
    ];

    /// <summary>Names of the files: stated, implied, multiple choice, filler chats.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        "explicit_preference.jsonl.gz",
        "implicit_preference.jsonl.gz",
        "mcq_options.jsonl.gz",
        "filtered_inter_turns.json.gz",
    ];

    /// <summary>Reads a folder that holds <see cref="Files"/>.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A line is broken; names file and line.</exception>
    public static PreferenceTasks Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var report = new ImportReport();
        var paths = Files.Select(file => Path.Combine(folder, file)).ToArray();
        return new PreferenceTasks(
            [
                .. JsonLines
                    .ReadAll<Line>(paths[0], report)
                    .Select(l => new PreferenceTask(l.Topic, l.N, l.Preference, l.Question, l.Explanation)),
            ],
            Implied(paths[1], report),
            [
                .. JsonLines
                    .ReadAll<ChoiceLine>(paths[2], report)
                    .Select(l => new PreferenceChoice(
                        l.Topic,
                        l.N,
                        l.Preference,
                        l.Question,
                        l.Explanation,
                        l.ClassificationTaskOptions,
                        l.ViolationProbability
                    )),
            ],
            Fillers(paths[3], report),
            report
        );
    }

    private static List<ImpliedPreferenceTask> Implied(string path, ImportReport report)
    {
        var tasks = new List<ImpliedPreferenceTask>();
        var lines = JsonLines.ReadAll<ImpliedLine>(path, report);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            var turns = line.Set switch
            {
                Choice => Turns(line.Conversation, ChoiceTurns),
                Persona => Exchanges(line.Conversation),
                _ => throw new DataFormatException(
                    path,
                    i + 1,
                    $"The set is '{line.Set}', need {Choice} or {Persona}."
                ),
            };
            if (turns is null)
                throw new DataFormatException(path, i + 1, $"The conversation is not that of a {line.Set} task.");
            tasks.Add(
                new ImpliedPreferenceTask(
                    line.Topic,
                    line.N,
                    line.Preference,
                    line.Question,
                    line.Explanation,
                    line.Set,
                    turns,
                    line.Persona,
                    line.Options ?? [],
                    line.AlignedOp
                )
            );
        }
        return tasks;
    }

    // Choice-based: four named texts, the user's first.
    private static List<ChatTurn>? Turns(JsonElement chat, string[] names)
    {
        var turns = new List<ChatTurn>();
        foreach (var name in names)
            if (TextOf(chat, name) is { } text)
                turns.Add(new ChatTurn(turns.Count % 2 == 0 ? "user" : "assistant", text));
            else
                return null;
        return turns;
    }

    // Persona-driven: exchanges "0", "1" ... of a user's and an assistant's text.
    private static List<ChatTurn>? Exchanges(JsonElement chat)
    {
        var turns = new List<ChatTurn>();
        for (
            var number = 0;
            chat.ValueKind == JsonValueKind.Object && chat.TryGetProperty($"{number}", out var each);
            number++
        )
            foreach (var role in new[] { "user", "assistant" })
                if (TextOf(each, role) is { } text)
                    turns.Add(new ChatTurn(role, text));
                else
                    return null;
        return turns.Count > 0 ? turns : null;
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    private static List<FillerChat> Fillers(string path, ImportReport report)
    {
        using var stream = LineReader.OpenBytes(path);
        report.AddFile(path);
        try
        {
            var chats =
                JsonSerializer.Deserialize<List<Filler>>(stream, JsonLines.Snake)
                ?? throw new DataFormatException(path, "The file holds null, need an array of chats.");
            return [.. chats.Select(chat => new FillerChat(chat.ConversationId, chat.Conversation))];
        }
        catch (JsonException e)
        {
            throw new DataFormatException(path, (e.LineNumber ?? 0) + 1, $"The JSON is broken: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException(path, "The gzip data is cut off or broken; fetch the file again.", e);
        }
    }

    private sealed record Line(string Topic, int N, string Preference, string Question, string? Explanation = null);

    private sealed record ChoiceLine(
        string Topic,
        int N,
        string Preference,
        string Question,
        IReadOnlyList<string> ClassificationTaskOptions,
        string? Explanation = null,
        double? ViolationProbability = null
    );

    private sealed record ImpliedLine(
        string Topic,
        int N,
        string Set,
        string Preference,
        string Question,
        JsonElement Conversation,
        string? Explanation = null,
        string? Persona = null,
        IReadOnlyList<string>? Options = null,
        string? AlignedOp = null
    );

    private sealed record Filler(string ConversationId, IReadOnlyList<ChatTurn> Conversation);
}
