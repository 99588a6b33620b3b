using CsvHelper;

namespace GenRec.Shared.Data.Importers;

/// <summary>Walks over the rows of a delimited text file, one at a time.</summary>
internal sealed class CsvRows : IDisposable
{
    private readonly string path;
    private readonly CsvReader reader;
    private bool firstIsPending;
    private CsvMalformedReason? malformed;

    /// <summary>Opens a file and reads its header and first row.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">The file is empty.</exception>
    public CsvRows(string path, char separator, bool hasHeader)
    {
        this.path = path;
        var options = new CsvReaderOptions
        {
            Separator = separator,
            HasHeader = false, // read here, so that a file without one is not another case
            TrackLineNumbers = true,
            OnMalformedRecord = record => malformed = record.Reason,
        };
        reader = CsvReader.Create(LineReader.OpenBytes(path), options);
        if (!Advance())
            throw new DataFormatException(path, "The file is empty.");
        if (hasHeader)
        {
            Names = [.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetString(i).Split(':')[0].Trim())];
            firstIsPending = Advance();
        }
        else
        {
            Names = [.. Enumerable.Range(0, reader.FieldCount).Select(i => $"{i}")];
            firstIsPending = true;
        }
        HasRows = firstIsPending;
    }

    /// <summary>Column names.</summary>
    public string[] Names { get; }

    /// <summary>Whether there is a row of data; before the first <see cref="TryRead"/> its cells can be looked at.</summary>
    public bool HasRows { get; }

    /// <summary>Line where the current row starts, from 1.</summary>
    public long Line => reader.LineNumber;

    /// <summary>A cell of the current row; empty where the row is too short.</summary>
    public string this[int column] => reader.GetString(column);

    /// <summary>Where a column stands.</summary>
    /// <exception cref="DataFormatException">There is no such column.</exception>
    public int Need(string name)
    {
        var at = Array.IndexOf(Names, name);
        return at >= 0
            ? at
            : throw new DataFormatException(
                path,
                1,
                $"There is no column '{name}'. There are: {string.Join(", ", Names)}."
            );
    }

    /// <summary>Moves to the next row.</summary>
    /// <param name="complaint">What is wrong with it, or null.</param>
    public bool TryRead(out string? complaint)
    {
        complaint = null;
        if (!firstIsPending && !Advance())
            return false;
        firstIsPending = false;
        complaint =
            malformed is { } reason ? $"The quotation marks are wrong ({reason})."
            : reader.FieldCount != Names.Length ? $"{reader.FieldCount} columns, need {Names.Length}."
            : null;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => reader.Dispose();

    private bool Advance()
    {
        malformed = null;
        try
        {
            return reader.Read();
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException(
                path,
                Line + 1,
                "The gzip data is cut off or broken; fetch the file again.",
                e
            );
        }
        catch (CsvFormatException e)
        {
            throw new DataFormatException(path, Line + 1, e.Message, e);
        }
    }
}
