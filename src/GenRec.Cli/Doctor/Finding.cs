namespace GenRec.Cli.Doctor;

/// <summary>One thing that doctor looked at.</summary>
/// <param name="About">What was looked at, in a word or two.</param>
/// <param name="Text">What was found.</param>
/// <param name="ToDo">What the user should do; null where nothing needs doing.</param>
internal sealed record Finding(string About, string Text, string? ToDo = null);
