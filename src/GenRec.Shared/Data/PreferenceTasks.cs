using GenRec.Shared.Data.Importers;
using GenRec.Shared.Display;

namespace GenRec.Shared.Data;

/// <summary>One turn of a chat.</summary>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatTurn(string Role, string Content) : RichRecord;

/// <summary>A preference, and a question whose natural answer would forget it.</summary>
/// <param name="Topic">One of 20, for example <c>travel_hotel</c>.</param>
/// <param name="Number">Place in the topic's own file, from 0.</param>
/// <param name="Preference">What the user wants or avoids, in a sentence.</param>
/// <param name="Question">What the user asks later.</param>
/// <param name="Explanation">Why the natural answer fails; null where the source gives none.</param>
public record PreferenceTask(string Topic, int Number, string Preference, string Question, string? Explanation)
    : RichRecord;

/// <summary>A preference that shows in a chat instead of being stated.</summary>
/// <param name="Topic">See <see cref="PreferenceTask"/>.</param>
/// <param name="Number">See <see cref="PreferenceTask"/>.</param>
/// <param name="Preference">See <see cref="PreferenceTask"/>; the model does not see it.</param>
/// <param name="Question">See <see cref="PreferenceTask"/>.</param>
/// <param name="Explanation">See <see cref="PreferenceTask"/>.</param>
/// <param name="Form"><c>choice-based</c> or <c>persona-driven</c>.</param>
/// <param name="Turns">The chat, oldest turn first.</param>
/// <param name="Persona">Who the user is; null in choice-based chats.</param>
/// <param name="Options">What the user chose from; empty in persona-driven chats.</param>
/// <param name="Chosen">The option that the preference asks for; null in persona-driven chats.</param>
public sealed record ImpliedPreferenceTask(
    string Topic,
    int Number,
    string Preference,
    string Question,
    string? Explanation,
    string Form,
    IReadOnlyList<ChatTurn> Turns,
    string? Persona,
    IReadOnlyList<string> Options,
    string? Chosen
) : PreferenceTask(Topic, Number, Preference, Question, Explanation);

/// <summary>The same as multiple choice.</summary>
/// <param name="Topic">See <see cref="PreferenceTask"/>.</param>
/// <param name="Number">See <see cref="PreferenceTask"/>.</param>
/// <param name="Preference">See <see cref="PreferenceTask"/>.</param>
/// <param name="Question">See <see cref="PreferenceTask"/>.</param>
/// <param name="Explanation">See <see cref="PreferenceTask"/>.</param>
/// <param name="Options">Four answers. The first is the right one: shuffle them before a model sees them.</param>
/// <param name="ViolationProbability">How often the natural answer forgets the preference, 0..1; null where not measured.</param>
public sealed record PreferenceChoice(
    string Topic,
    int Number,
    string Preference,
    string Question,
    string? Explanation,
    IReadOnlyList<string> Options,
    double? ViolationProbability
) : PreferenceTask(Topic, Number, Preference, Question, Explanation);

/// <summary>A chat about something else, put between a preference and its question.</summary>
/// <param name="ConversationId">Its name in LMSYS-Chat-1M.</param>
/// <param name="Turns">The chat, oldest turn first.</param>
public sealed record FillerChat(string ConversationId, IReadOnlyList<ChatTurn> Turns) : RichRecord;

/// <summary>PrefEval: does an assistant still follow a preference many turns later?</summary>
/// <param name="Stated">Preferences the user states.</param>
/// <param name="Implied">Preferences that show in a chat.</param>
/// <param name="Choices">Multiple choice.</param>
/// <param name="Fillers">Chats to fill the gap.</param>
/// <param name="Report">What was read.</param>
public sealed record PreferenceTasks(
    IReadOnlyList<PreferenceTask> Stated,
    IReadOnlyList<ImpliedPreferenceTask> Implied,
    IReadOnlyList<PreferenceChoice> Choices,
    IReadOnlyList<FillerChat> Fillers,
    ImportReport Report
) : RichRecord;
