using System.Globalization;

namespace GenRec.Shared.Data.Importers;

/// <summary>
/// Reads the matrices of KuaiRec: <c>user_id, video_id, play_duration, video_duration, time, date, timestamp, watch_ratio</c>,
/// durations in milliseconds (README of chongminggao/KuaiRec).
/// </summary>
public static class KuaiRecText
{
    private const string Ratio = "watch_ratio";

    /// <summary>Reads a matrix as a log in the order of time, with durations and watch ratio as feedback.</summary>
    /// <param name="path">The big matrix, plain or gzip text. Some rows of the small one have no time; see <see cref="ReadMatrix"/>.</param>
    /// <param name="options">Policies; the defaults when null.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A column is missing, or a row is broken and the policy is to fail.</exception>
    public static (Interactions Interactions, ImportReport Report) ReadLog(
        string path,
        ImportOptions? options = null
    ) =>
        InteractionCsv.Read(
            path,
            new InteractionColumns { Item = "video_id", Feedback = ["play_duration", "video_duration", Ratio] },
            options
        );

    /// <summary>Reads a matrix as one, whatever the times; of a repeated pair the last row stays.</summary>
    /// <param name="path">The small matrix, plain or gzip text. Memory is 4 bytes a pair of user and video.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">A column is missing, or a row is broken.</exception>
    public static WatchRatios ReadMatrix(string path)
    {
        var (users, items, report) = (new KeyMap(), new KeyMap(), new ImportReport());
        var cells = new List<(int User, int Item, float Ratio)>();
        using var rows = new CsvRows(path, ',', hasHeader: true);
        report.AddFile(path);
        var (user, item, ratio) = (rows.Need("user_id"), rows.Need("video_id"), rows.Need(Ratio));
        while (rows.TryRead(out var complaint))
        {
            report.Lines++;
            if (complaint is not null)
                throw new DataFormatException(path, rows.Line, complaint);
            if (!float.TryParse(rows[ratio], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                throw new DataFormatException(path, rows.Line, $"'{rows[ratio]}' is not a watch ratio.");
            cells.Add((users.NumberOf(rows[user]), items.NumberOf(rows[item]), value));
        }
        var values = new float[checked(users.Count * items.Count)];
        Array.Fill(values, float.NaN);
        foreach (var cell in cells)
            values[cell.User * items.Count + cell.Item] = cell.Ratio;
        return new WatchRatios(users.Keys, items.Keys, values, report);
    }
}
