using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Data.Importers;

/// <summary>Number types of a <c>.npy</c> file.</summary>
public enum NumpyType
{
    /// <summary><c>&lt;f4</c>, IEEE single.</summary>
    Float32,

    /// <summary><c>&lt;f2</c>, IEEE half: half the size, about three decimal digits.</summary>
    Float16,
}

/// <summary>Reads and writes NumPy's <c>.npy</c> files of one table of numbers.</summary>
/// <remarks>
/// Format: numpy/lib/format.py, "NPY format", versions 1 to 3: magic, version, header length, a Python dictionary with
/// <c>descr</c>, <c>fortran_order</c> and <c>shape</c>, then the numbers, little-endian, row after row. gzip is unpacked.
/// </remarks>
public static class NumpyFile
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a matrix of <c>&lt;f4</c>, <c>&lt;f2</c> or <c>&lt;f8</c> numbers; float64 is rounded to float32.</summary>
    /// <param name="path">A <c>.npy</c> file, plain or gzip.</param>
    /// <param name="rows">Number of rows it must have, or null.</param>
    /// <param name="columns">Number of columns it must have, or null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">
    /// It is no <c>.npy</c> file, has another version, type, order or shape, or does not hold as many numbers as it says.
    /// </exception>
    public static EmbeddingMatrix Read(string path, int? rows = null, int? columns = null)
    {
        using var stream = LineReader.OpenBytes(path);
        try
        {
            var (type, foundRows, foundColumns) = ReadHeader(path, stream);
            if ((rows ?? foundRows) != foundRows || (columns ?? foundColumns) != foundColumns)
                throw new DataFormatException(
                    path,
                    $"The shape is ({foundRows}, {foundColumns}), need ({Wanted(rows)}, {Wanted(columns)})."
                );
            var values = new float[checked(foundRows * foundColumns)];
            ReadValues(stream, type, values);
            if (stream.ReadByte() >= 0)
                throw new DataFormatException(path, $"More bytes follow the {foundRows} x {foundColumns} numbers.");
            return new EmbeddingMatrix(foundRows, foundColumns, values);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw new DataFormatException(path, "The file is cut off; fetch it again.", e);
        }
        catch (OverflowException e)
        {
            throw new DataFormatException(path, "The matrix has more numbers than an array can hold.", e);
        }

        static string Wanted(int? size) => size is { } known ? $"{known}" : "any";
    }

    /// <summary>Writes a matrix, version 1.0; the file appears when it is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="matrix">The numbers.</param>
    /// <param name="type">How the numbers are stored.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="IOException">The file exists and may not be replaced.</exception>
    public static void Write(
        string path,
        EmbeddingMatrix matrix,
        NumpyType type = NumpyType.Float32,
        bool overwrite = false
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(matrix);
        if (!overwrite && File.Exists(path))
            throw new IOException($"'{path}' exists already; name another file or say that it may be replaced.");
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(Header(matrix.Rows, matrix.Columns, type == NumpyType.Float16 ? "<f2" : "<f4"));
                WriteValues(stream, matrix, type);
            }
        );
    }

    private static (string Type, int Rows, int Columns) ReadHeader(string path, Stream stream)
    {
        Span<byte> start = stackalloc byte[8];
        stream.ReadExactly(start);
        if (!start[..6].SequenceEqual(Magic))
            throw new DataFormatException(path, "This is not a .npy file: it does not start with \\x93NUMPY.");
        if (start[6] is < 1 or > 3)
            throw new DataFormatException(
                path,
                $".npy version {start[6]}.{start[7]} is not known; need 1.0, 2.0 or 3.0."
            );
        Span<byte> size = stackalloc byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(size);
        var length = size.Length == 2 ? BitConverter.ToUInt16(size) : BitConverter.ToUInt32(size);
        if (length > 1 << 16)
            throw new DataFormatException(path, $"The header claims {length} bytes; this is not a plain matrix.");
        var header = new byte[length];
        stream.ReadExactly(header);
        return ParseHeader(path, Encoding.UTF8.GetString(header));
    }

    private static (string Type, int Rows, int Columns) ParseHeader(string path, string header)
    {
        try
        {
            using var json = JsonDocument.Parse(PythonLiteral.ToJson(header));
            var description = json.RootElement.GetProperty("descr");
            var type =
                description.ValueKind == JsonValueKind.String ? description.GetString()! : description.GetRawText();
            if (type is not ("<f4" or "<f2" or "<f8"))
                throw new DataFormatException(path, $"The number type is '{type}', need '<f4', '<f2' or '<f8'.");
            if (json.RootElement.GetProperty("fortran_order").GetBoolean())
                throw new DataFormatException(
                    path,
                    "The numbers are stored column after column (Fortran order); need C order."
                );
            var shape = json
                .RootElement.GetProperty("shape")
                .EnumerateArray()
                .Select(size => size.GetInt64())
                .ToArray();
            if (shape.Length is not (1 or 2))
                throw new DataFormatException(path, $"The array has {shape.Length} dimensions, need 1 or 2.");
            return (type, checked((int)shape[0]), shape.Length == 2 ? checked((int)shape[1]) : 1);
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
                && e is not DataFormatException
            )
        {
            throw new DataFormatException(path, $"The .npy header cannot be read: {header.Trim()}", e);
        }
    }

    private static void ReadValues(Stream stream, string type, float[] values)
    {
        var width = type[2] - '0';
        if (width == 4)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            return;
        }
        var buffer = new byte[1 << 16];
        for (var done = 0; done < values.Length; )
        {
            var count = Math.Min(values.Length - done, buffer.Length / width);
            var bytes = buffer.AsSpan(0, count * width);
            stream.ReadExactly(bytes);
            for (var i = 0; i < count; i++)
                values[done + i] =
                    width == 2
                        ? (float)MemoryMarshal.Cast<byte, Half>(bytes)[i]
                        : (float)MemoryMarshal.Cast<byte, double>(bytes)[i];
            done += count;
        }
    }

    private static void WriteValues(Stream stream, EmbeddingMatrix matrix, NumpyType type)
    {
        if (type == NumpyType.Float32)
        {
            stream.Write(MemoryMarshal.AsBytes(matrix.Values));
            return;
        }
        var row = new Half[matrix.Columns];
        for (var r = 0; r < matrix.Rows; r++)
        {
            for (var c = 0; c < row.Length; c++)
                row[c] = (Half)matrix[r][c];
            stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
        }
    }

    private static byte[] Header(int rows, int columns, string type)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
        );
        var length = (10 + text.Length + 1 + 63) / 64 * 64 - 10; // the numbers start at a multiple of 64 bytes
        var padded = text.PadRight(length - 1) + "\n";
        return [.. Magic, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(padded)];
    }
}
