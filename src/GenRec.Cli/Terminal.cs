using Spectre.Console;

namespace GenRec.Cli;

/// <summary>Where a command writes: results to one stream, errors to the other.</summary>
internal sealed class Terminal
{
    public Terminal(TextWriter output, TextWriter error)
    {
        (Out, Error) = (output, error);
        Styled = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected)
            return;
        Styled.Profile.Width = 160; // a file or a pipe has no width of its own
        Styled.Profile.Capabilities.Interactive = false;
        Styled.Profile.Capabilities.Ansi = false; // nor a use for colours
    }

    /// <summary>Results, as plain text.</summary>
    public TextWriter Out { get; }

    /// <summary>Errors and warnings.</summary>
    public TextWriter Error { get; }

    /// <summary>Tables and progress bars, on <see cref="Out"/>.</summary>
    public IAnsiConsole Styled { get; }

    /// <summary>Whether a person watches: bars are drawn only then.</summary>
    public bool IsInteractive => Styled.Profile.Capabilities.Interactive;

    /// <summary>A table with plain borders that copies well into text.</summary>
    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(Markup.Escape(column));
        return table;
    }
}
