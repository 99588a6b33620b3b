namespace GenRec.Shared.Data.Importers;

/// <summary>A data file does not hold what it should; the message says which file, which line, and what was wrong.</summary>
public sealed class DataFormatException : FormatException
{
    /// <summary>Reports a whole file.</summary>
    public DataFormatException(string file, string message, Exception? inner = null)
        : base($"{file}: {message}", inner) => File = file;

    /// <summary>Reports one line.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="line">Line number, from 1.</param>
    /// <param name="message">What was wrong, and where it helps what to do.</param>
    /// <param name="inner">The cause, or null.</param>
    public DataFormatException(string file, long line, string message, Exception? inner = null)
        : base($"{file}:{line}: {message}", inner) => (File, Line) = (file, line);

    /// <summary>The file's path.</summary>
    public string File { get; }

    /// <summary>Line number from 1, or 0 where the file as a whole is meant.</summary>
    public long Line { get; }
}
