namespace GenRec.Notebooks.Files;

/// <summary>A file is not a notebook that can be read: the message names the file, the place and what to do.</summary>
public sealed class NotebookFormatException : Exception
{
    /// <summary>An error without a message of its own.</summary>
    public NotebookFormatException()
        : this("The notebook cannot be read.") { }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What was wrong, where, and what to do.</param>
    public NotebookFormatException(string message)
        : base(message) { }

    /// <summary>An error with a message and its cause.</summary>
    /// <param name="message">What was wrong, where, and what to do.</param>
    /// <param name="innerException">What the JSON reader said.</param>
    public NotebookFormatException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>An error at a place in a file.</summary>
    /// <param name="path">The notebook file.</param>
    /// <param name="line">Line, counted from 1.</param>
    /// <param name="problem">What was wrong and what to do.</param>
    /// <param name="innerException">What the JSON reader said, if it was the reader.</param>
    public NotebookFormatException(string path, long line, string problem, Exception? innerException = null)
        : base($"{path}:{line}: {problem}", innerException)
    {
        Path = path;
        Line = line;
    }

    /// <summary>The notebook file, or null where the text came from elsewhere.</summary>
    public string? Path { get; }

    /// <summary>Line in the file, counted from 1; 0 where unknown.</summary>
    public long Line { get; }
}
