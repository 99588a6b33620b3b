namespace GenRec.Shared.Experiments.Records;

/// <summary>The committed records, <c>data/results/&lt;system&gt;/&lt;dataset&gt;-&lt;variant&gt;.json</c>.</summary>
public static class ResultRecords
{
    /// <summary>Reads and checks all records below a folder, sorted by path; none where the folder is missing.</summary>
    /// <exception cref="InvalidDataException">A file is no sound record; the message names file and field.</exception>
    public static IReadOnlyList<ResultRecord> Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            return [];
        var files = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        return [.. files.Select(file => Read(file, folder))];
    }

    /// <summary>Reads one record.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The results folder; where given, the file must lie where its content says.</param>
    /// <exception cref="InvalidDataException">The file is no sound record; the message names file and field.</exception>
    public static ResultRecord Read(string path, string? folder = null)
    {
        var record = RecordFile.Read<ResultRecord>(path);
        if (record.Problems() is [var problem, ..])
            throw new InvalidDataException($"{path}: {problem}");
        if (folder is not null && Path.GetRelativePath(folder, path) is var place && place != record.RelativePath)
            throw new InvalidDataException($"{path}: by its content the file belongs at {record.RelativePath}.");
        return record;
    }

    /// <summary>Writes a record to its place below the results folder.</summary>
    /// <param name="folder">The results folder.</param>
    /// <param name="record">The record.</param>
    /// <param name="overwrite">Whether a record that is there may be replaced.</param>
    /// <returns>The file.</returns>
    /// <exception cref="ArgumentException">The record is not sound.</exception>
    /// <exception cref="IOException">A record is there and must not be replaced.</exception>
    public static string Save(string folder, ResultRecord record, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(record);
        if (record.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(" ", problems), nameof(record));
        var path = Path.Combine(folder, record.RelativePath);
        if (!overwrite && File.Exists(path))
            throw new IOException($"{path} is there already; choose another variant, or say that it may be replaced.");
        RecordFile.Write(path, record, overwrite);
        return path;
    }
}
