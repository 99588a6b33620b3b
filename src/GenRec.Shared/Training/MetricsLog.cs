using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Training;

/// <summary>One row of metrics.jsonl.</summary>
/// <param name="Step">Updates made.</param>
/// <param name="Epoch">Passes over the data, with a fraction.</param>
/// <param name="Kind">"train" or "validation".</param>
/// <param name="Values">Named numbers.</param>
public sealed record MetricsRow(long Step, double Epoch, string Kind, IReadOnlyDictionary<string, double> Values)
    : RichRecord
{
    /// <summary>Name of the value of validation rows that says how many seconds the updates before it took.</summary>
    public const string UpdateSeconds = "updateSeconds";
}

/// <summary>The curves of a run as JSON lines, appended row by row so that a kill loses at most the last one.</summary>
public sealed class MetricsLog : RichObject, IDisposable
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "metrics.jsonl";
    private readonly FileStream file;

    /// <summary>Opens a log for appending, and cuts what lies after a step: the resumed run writes those rows again.</summary>
    /// <param name="path">Made where it does not exist.</param>
    /// <param name="afterStep">Rows of later steps are cut, and a last line that is not complete.</param>
    public MetricsLog(string path, long afterStep)
    {
        if (File.Exists(path))
        {
            var kept = File.ReadLines(path).Where(line => TryParse(line) is { } row && row.Step <= afterStep).ToArray();
            if (kept.Sum(line => Encoding.UTF8.GetByteCount(line) + 1L) != new FileInfo(path).Length)
                AtomicFile.Write(
                    path,
                    target => target.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Select(l => l + "\n"))))
                );
        }
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Appends a row and hands it to the operating system.</summary>
    public void Append(MetricsRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var line = new JsonObject
        {
            ["step"] = row.Step,
            ["epoch"] = row.Epoch,
            ["kind"] = row.Kind,
        };
        foreach (var (name, value) in row.Values)
            line[name] = double.IsFinite(value) ? value : null; // JSON has no infinity
        file.Write(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));
        file.Flush();
    }

    /// <summary>Reads the complete rows of a log; a last line cut short by a kill is left out.</summary>
    /// <exception cref="InvalidDataException">A line before the last one is no row; names file and line.</exception>
    public static IReadOnlyList<MetricsRow> Read(string path)
    {
        var rows = new List<MetricsRow>();
        var lines = File.ReadAllLines(path);
        for (var i = 0; i < lines.Length; i++)
            if (TryParse(lines[i]) is { } row)
                rows.Add(row);
            else if (i + 1 < lines.Length)
                throw new InvalidDataException($"{path}:{i + 1} is no row of metrics: {lines[i]}");
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static MetricsRow? TryParse(string line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject row)
                return null;
            var values = row.Where(p => p.Key is not ("step" or "epoch" or "kind"))
                .ToDictionary(p => p.Key, p => p.Value is null ? double.NaN : p.Value.GetValue<double>());
            return new MetricsRow(
                row["step"]!.GetValue<long>(),
                row["epoch"]!.GetValue<double>(),
                row["kind"]!.GetValue<string>(),
                values
            );
        }
        catch (Exception odd)
            when (odd is JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
