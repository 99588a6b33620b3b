using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace GenRec.Shared.Runtime;

/// <summary>Checks the [Range] attributes of an options record.</summary>
public static class OptionRanges
{
    /// <summary>Throws for the first option outside its range; nested option records are checked too.</summary>
    /// <param name="options">A record with <see cref="RangeAttribute"/> on its number properties.</param>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, its value and the range.</exception>
    public static void Check(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var type = options.GetType();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length > 0)
                continue;
            var value = property.GetValue(options);
            if (property.GetCustomAttribute<RangeAttribute>() is { } range)
                CheckOne($"{type.Name}.{property.Name}", value, range);
            else if (
                value is not null
                && value.GetType().Namespace?.StartsWith("GenRec.", StringComparison.Ordinal) == true
            )
                if (!value.GetType().IsEnum)
                    Check(value);
        }
    }

    private static void CheckOne(string option, object? value, RangeAttribute range)
    {
        if (value is null || (range.IsValid(value) && value is not double.NaN))
            return;
        var limits =
            range.Maximum.Equals(double.MaxValue) || range.Maximum.Equals(int.MaxValue)
                ? $"at least {range.Minimum}"
                : $"{range.Minimum} to {range.Maximum}";
        throw new ArgumentOutOfRangeException(option, value, $"{option} is {value}; it must be {limits}.");
    }
}
