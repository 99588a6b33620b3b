using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace GenRec.Shared.Display;

/// <summary>Any object as a flat table of its public properties; what is nested becomes one line.</summary>
public static class ObjectCard
{
    private const int MostItems = 8; // of a list or dictionary in one cell
    private const int MostNested = 6; // properties of a nested object in one cell
    private const int LongestText = 200;

    /// <summary>One object: a row for each property.</summary>
    /// <param name="value">Any object; properties that throw are shown as not available.</param>
    public static Table Of(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var rows = Properties(value.GetType())
            .Select(property => (object?[])[property.Name, Line(Value(property, value), nested: true)])
            .ToArray();
        return new Table(["property", new TableColumn("value", AlignRight: false)], rows)
        {
            Title = NameOf(value.GetType()),
            MaxRows = Math.Max(1, rows.Length),
        };
    }

    /// <summary>Many objects of one type: a column for each property.</summary>
    /// <param name="values">The objects, in order; null gives an empty row.</param>
    /// <param name="type">Their type.</param>
    public static Table OfMany(IEnumerable<object?> values, Type type)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(type);
        PropertyInfo[] properties = [.. Properties(type)];
        if (properties.Length == 0)
            return new Table([NameOf(type)], [.. values.Select(one => (object?[])[one?.ToString()])]);
        return new Table(
            [.. properties.Select(property => new TableColumn(property.Name))],
            [
                .. values.Select(one =>
                    (object?[])[.. properties.Select(property => one is null ? null : Cell(property, one))]
                ),
            ]
        );
    }

    private static object? Cell(PropertyInfo property, object of)
    {
        var value = Value(property, of);
        return value is not null && IsNumber(value) ? value : Line(value, nested: false);
    }

    // In the order they are declared, a base's first.
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanRead && property.GetIndexParameters().Length == 0)
            .Where(property => !property.PropertyType.IsByRefLike && !property.PropertyType.IsPointer)
            .OrderBy(property => Depth(property.DeclaringType))
            .ThenBy(property => property.MetadataToken);

    private static int Depth(Type? type) => type is null ? 0 : 1 + Depth(type.BaseType);

    private static object? Value(PropertyInfo property, object of)
    {
        try
        {
            return property.GetValue(of);
        }
        catch (TargetInvocationException)
        {
            return "(not available)";
        }
    }

    private static string? Line(object? value, bool nested) =>
        value switch
        {
            null => null,
            string text => Shorten(text),
            double number => number.ToString("G6", CultureInfo.InvariantCulture),
            float number => number.ToString("G6", CultureInfo.InvariantCulture),
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Type type => NameOf(type),
            IEnumerable many => Many(many),
            _ when IsTensor(value) => TensorLine(value),
            _ when OwnText(value) is { } text => Shorten(text),
            _ when nested => Nested(value),
            _ => NameOf(value.GetType()),
        };

    private static string Many(IEnumerable values)
    {
        if (Count(values) is not { } count)
            return "a sequence"; // asking a lazy one for its items might compute for minutes
        var shown = new List<string>();
        foreach (var value in values)
        {
            if (shown.Count == MostItems)
                break;
            if (Item(value) is not { } text)
                return $"{count:N0} {NameOf(value!.GetType())}";
            shown.Add(text);
        }
        var all = string.Join(", ", shown);
        return count > shown.Count ? $"{all}, ... ({count:N0})" : all;
    }

    private static string? Item(object? value)
    {
        if (
            value?.GetType() is { IsGenericType: true } type
            && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)
        )
            return $"{type.GetProperty("Key")!.GetValue(value)} {Line(type.GetProperty("Value")!.GetValue(value), nested: true)}";
        return value is null || IsNumber(value) || OwnText(value) is not null ? Line(value, nested: false) ?? "" : null;
    }

    private static int? Count(IEnumerable values) =>
        values is ICollection collection ? collection.Count
        : values
            .GetType()
            .GetInterfaces()
            .Any(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>))
            ? values.GetType().GetProperty("Count")?.GetValue(values) as int?
        : null;

    private static string Nested(object value) =>
        string.Join(
            ", ",
            Properties(value.GetType())
                .Select(property => (property.Name, Text: Line(Value(property, value), nested: false)))
                .Where(one => one.Text is not null)
                .Take(MostNested)
                .Select(one => $"{one.Name} {one.Text}")
        );

    // The text that somebody wrote for the type; not what the compiler writes for records, not the type's bare name.
    private static string? OwnText(object value)
    {
        var method = value.GetType().GetMethod(nameof(ToString), []);
        var declares = method?.DeclaringType;
        return declares is null
            || declares == typeof(object)
            || declares == typeof(ValueType)
            || method!.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
                ? null
            : value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture)
            : value.ToString();
    }

    // By name: a card of plain data must not load the tensor library.
    private static bool IsTensor(object value) => value.GetType().FullName == "TorchSharp.torch+Tensor";

    private static string TensorLine(object tensor) => TensorTables.Title((TorchSharp.torch.Tensor)tensor);

    private static bool IsNumber(object value) =>
        value is IConvertible and not (string or bool or DateTime or char or Enum) or Half;

    internal static string NameOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }

    private static string Shorten(string text) =>
        text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText - 1), "…");
}
