using System.CommandLine;
using System.Globalization;

namespace GenRec.Cli;

/// <summary>Options that are whole numbers; what is none, or is out of range, is told in words.</summary>
internal static class NumberOption
{
    /// <summary>A whole number of at least <paramref name="least"/>; null where it is not given.</summary>
    public static Option<int?> AtLeast(string name, int least, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= least)
                return number;
            result.AddError($"{name} is '{text}'; it must be a whole number of at least {least}.");
            return null;
        };
        return option;
    }

    /// <summary>Any whole number; null where it is not given.</summary>
    public static Option<long?> Whole(string name, string description)
    {
        var option = new Option<long?>(name) { Description = description };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (long.TryParse(text, CultureInfo.InvariantCulture, out var number))
                return number;
            result.AddError($"{name} is '{text}'; it must be a whole number.");
            return null;
        };
        return option;
    }
}
