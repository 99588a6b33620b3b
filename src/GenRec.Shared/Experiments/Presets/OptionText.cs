using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GenRec.Shared.Experiments.Records;

namespace GenRec.Shared.Experiments.Presets;

/// <summary>Changes single options by name, as a command line gives them.</summary>
/// <remarks>
/// An option is named by its path, <c>training.schedule.warmupSteps</c>, or by its last part, <c>warmupSteps</c>, which means the
/// least nested option of that name. Case does not matter. What a record only tells, and what names a preset, is no option.
/// </remarks>
public static class OptionText
{
    private const string Kind = "$type";

    // Together they name a preset; with another value it would be another one.
    private static readonly string[] Identity = ["variant", "dataset", "scale"];

    private static readonly JsonSerializerOptions Settable = new(RecordFile.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutWhatCannotBeSet } },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, // another schedule need not know the options of the last
    };

    /// <summary>The options of a record that are no records themselves: numbers, switches, names, lists.</summary>
    public static IReadOnlyList<string> Names<T>(T options)
        where T : class =>
        [.. Json(options).Where(option => option.Value is not JsonObject).Select(option => option.Key)];

    /// <summary>A copy with one option changed.</summary>
    /// <param name="options">A record of options; records within it are looked through as well.</param>
    /// <param name="name">The option's path or last part.</param>
    /// <param name="value">
    /// As JSON writes it, quotes left out: <c>0.3</c>, <c>true</c>, <c>crossEntropy</c>, <c>[256,128]</c>, <c>null</c>.
    /// </param>
    /// <exception cref="ArgumentException">There is no such option, or the value does not fit it.</exception>
    public static T With<T>(T options, string name, string value)
        where T : class => Change(options, "There is", name, value);

    /// <summary>A preset with some options changed.</summary>
    /// <param name="owner">Name of the preset, for messages.</param>
    /// <param name="preset">A record.</param>
    /// <param name="values">Values by option, see <see cref="With{T}"/>. A length in steps takes the place of one in epochs.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it.</exception>
    public static T WithAll<T>(string owner, T preset, IEnumerable<KeyValuePair<string, string>> values)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Aggregate(preset, (changed, option) => Change(changed, $"{owner} has", option.Key, option.Value));
    }

    /// <summary>Every single value of a record and of the records within, by its path: <c>model.dropout</c> and <c>0.5</c>.</summary>
    /// <param name="options">A record of options.</param>
    public static IReadOnlyList<(string Path, string Value)> All(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [.. Leaves([], Json(options)).Select(leaf => (Joined(leaf.Path), Shown(leaf.Node)))];

        static string Shown(JsonNode? node) =>
            node is JsonValue value && value.GetValueKind() == JsonValueKind.String
                ? value.GetValue<string>()
                : node?.ToJsonString() ?? "null";
    }

    private static T Change<T>(T options, string there, string name, string value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(value);
        var json = Json(options);
        var leaves = Leaves([], json).Select(leaf => leaf.Path).OrderBy(path => path.Length).ToArray();
        var path =
            leaves.FirstOrDefault(path => Joined(path).Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? leaves.FirstOrDefault(path => path[^1].Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"{there} no option '{name}'. There are: {string.Join(", ", leaves.Select(Joined))}."
            );
        var record = path[..^1].Aggregate(json, (within, part) => within[part]!.AsObject());
        record[path[^1]] = Parse(value);
        if (record[path[^1]] is not null && OtherLength(path[^1]) is { } other && record.ContainsKey(other))
            record[other] = null;
        try
        {
            return json.Deserialize<T>(Settable)!;
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new ArgumentException(
                $"'{value}' does not fit the option '{Joined(path)}', which is {Expected(options, path)}.",
                failure
            );
        }
    }

    private static string? OtherLength(string option) =>
        option switch
        {
            "steps" => "epochs",
            "epochs" => "steps",
            _ => null,
        };

    private static IEnumerable<(string[] Path, JsonNode? Node)> Leaves(string[] path, JsonNode? node) =>
        node is JsonObject record
            ? record
                .Where(option => !(Identity.Contains(option.Key) && Identity.All(record.ContainsKey)))
                .SelectMany(option => Leaves([.. path, option.Key], option.Value))
            : [(path, node)];

    private static string Joined(string[] path) => string.Join('.', path);

    private static string Expected(object options, string[] path)
    {
        var (within, type) = (options, options.GetType());
        foreach (var part in path.Where(part => part != Kind))
        {
            var property = within
                .GetType()
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .First(property => property.Name.Equals(part, StringComparison.OrdinalIgnoreCase));
            (within, type) = (property.GetValue(within)!, property.PropertyType);
        }
        if (path[^1] == Kind)
            return "one of "
                + string.Join(
                    ", ",
                    type.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(kind => kind.TypeDiscriminator)
                );
        var inner = Nullable.GetUnderlyingType(type);
        var words = (inner ?? type) switch
        {
            { IsEnum: true } names => "one of "
                + string.Join(", ", Enum.GetNames(names).Select(JsonNamingPolicy.CamelCase.ConvertName)),
            var whole when whole == typeof(int) || whole == typeof(long) => "a whole number",
            var number when number == typeof(double) || number == typeof(float) => "a number",
            var flag when flag == typeof(bool) => "true or false",
            var text when text == typeof(string) => "a text",
            var list when list != typeof(string) && list.IsAssignableTo(typeof(IEnumerable)) =>
                "a list, as in [512,256]",
            var other => $"a {other.Name}",
        };
        return inner is null ? words : $"{words}, or null";
    }

    private static JsonNode? Parse(string value)
    {
        try
        {
            return JsonNode.Parse(value) is JsonObject ? JsonValue.Create(value) : JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value); // a name without its quotes
        }
    }

    private static void LeaveOutWhatCannotBeSet(JsonTypeInfo type)
    {
        for (var at = type.Properties.Count - 1; at >= 0; at--)
            if (type.Properties[at].Set is null)
                type.Properties.RemoveAt(at);
    }

    private static JsonObject Json(object options) =>
        (JsonObject)JsonSerializer.SerializeToNode(options, options.GetType(), Settable)!;
}
