using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Training;

namespace GenRec.Shared.Experiments;

/// <summary>Changes single options by name, as a command line gives them.</summary>
public static class OptionText
{
    /// <summary>The options that can be given as text: numbers, switches and names, not nested ones.</summary>
    public static IReadOnlyList<string> Names<T>(T options)
        where T : class =>
        [.. Json(options).Where(option => option.Value is null or JsonValue).Select(option => option.Key)];

    /// <summary>A copy with one option changed.</summary>
    /// <param name="options">A record of options.</param>
    /// <param name="name">One of <see cref="Names{T}"/>, in any case.</param>
    /// <param name="value">As JSON writes it, quotes left out: <c>0.3</c>, <c>true</c>, <c>crossEntropy</c>, <c>null</c>.</param>
    /// <exception cref="ArgumentException">There is no such option, or the value does not fit it.</exception>
    public static T With<T>(T options, string name, string value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        var json = Json(options);
        var key =
            Names(options).FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"There is no option '{name}'. There are: {string.Join(", ", Names(options))}."
            );
        json[key] = Parse(value);
        try
        {
            return json.Deserialize<T>(RecordFile.Options)!;
        }
        catch (JsonException failure)
        {
            throw new ArgumentException(
                $"'{value}' does not fit the option '{key}', which is {Expected(typeof(T), key)}.",
                failure
            );
        }
    }

    /// <summary>Model and training options with some values changed; those of the model are looked for first.</summary>
    /// <param name="name">Whose options they are, for messages.</param>
    /// <param name="model">A record of options.</param>
    /// <param name="training">How it is trained.</param>
    /// <param name="values">Values by option.</param>
    /// <exception cref="ArgumentException">There is no such option, or a value does not fit it or is out of range.</exception>
    public static (TModel Model, TrainingOptions Training) WithAll<TModel>(
        string name,
        TModel model,
        TrainingOptions training,
        IEnumerable<KeyValuePair<string, string>> values
    )
        where TModel : class
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var (option, value) in values)
            if (Names(model).Contains(option, StringComparer.OrdinalIgnoreCase))
                model = With(model, option, value);
            else if (Names(training).Contains(option, StringComparer.OrdinalIgnoreCase))
                training = With(training, option, value);
            else
                throw new ArgumentException(
                    $"{name} has no option '{option}'. There are: "
                        + $"{string.Join(", ", Names(model).Concat(Names(training)))}."
                );
        training.Validate();
        return (model, training);
    }

    /// <summary>Every single value of a record and of the records within, by its path: <c>model.dropout</c> and <c>0.5</c>.</summary>
    /// <param name="options">A record of options.</param>
    public static IReadOnlyList<(string Path, string Value)> All(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. Leaves("", JsonSerializer.SerializeToNode(options, options.GetType(), RecordFile.Options))
                .Select(leaf =>
                    (leaf.Path, leaf.Node is JsonValue value ? Shown(value) : leaf.Node?.ToJsonString() ?? "null")
                ),
        ];

        static string Shown(JsonValue value) =>
            value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
    }

    private static IEnumerable<(string Path, JsonNode? Node)> Leaves(string path, JsonNode? node) =>
        node is JsonObject record
            ? record.SelectMany(option => Leaves(path.Length == 0 ? option.Key : $"{path}.{option.Key}", option.Value))
            : [(path, node)];

    private static string Expected(Type record, string key)
    {
        var type = record
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .FirstOrDefault(property => property.Name.Equals(key, StringComparison.OrdinalIgnoreCase))
            ?.PropertyType;
        if (type is null)
            return "of another type";
        var inner = Nullable.GetUnderlyingType(type);
        var words = (inner ?? type) switch
        {
            { IsEnum: true } names => "one of "
                + string.Join(", ", Enum.GetNames(names).Select(JsonNamingPolicy.CamelCase.ConvertName)),
            var whole when whole == typeof(int) || whole == typeof(long) => "a whole number",
            var number when number == typeof(double) || number == typeof(float) => "a number",
            var flag when flag == typeof(bool) => "true or false",
            var text when text == typeof(string) => "a text",
            var other => $"a {other.Name}",
        };
        return inner is null ? words : $"{words}, or null";
    }

    private static JsonNode? Parse(string value)
    {
        try
        {
            return JsonNode.Parse(value) is { } node and not JsonValue
                ? JsonValue.Create(value)
                : JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value); // a name without its quotes
        }
    }

    private static JsonObject Json<T>(T options)
        where T : class => (JsonObject)JsonSerializer.SerializeToNode(options, RecordFile.Options)!;
}
