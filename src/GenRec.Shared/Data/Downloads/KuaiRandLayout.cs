using System.Globalization;
using GenRec.Shared.Data.Importers;

namespace GenRec.Shared.Data.Downloads;

/// <summary>
/// Makes the two files of <c>kuairand-pure</c> that its archive does not have as such: the standard log from 25 April on,
/// in the order of time, and each user's history until 24 April.
/// </summary>
/// <remarks>The archive cuts its standard log at 22 April instead, see the README of chongminggao/KuaiRand.</remarks>
internal static class KuaiRandLayout
{
    public const string Log = "log_standard_4_25_to_5_08_pure.csv.gz";
    public const string Histories = "history_until_4_24.tsv.gz";

    private const int FirstDate = 20220425; // of the log
    private const int Kept = 50; // latest videos of each list

    private static readonly string[] parts =
    [
        "log_standard_4_08_to_4_21_pure.csv",
        "log_standard_4_22_to_5_08_pure.csv",
    ];

    /// <summary>Makes the files that are not there yet.</summary>
    /// <param name="unpacked">Folder with the archive's content.</param>
    /// <param name="folder">Folder of the data set.</param>
    /// <param name="cancel">Stops between rows; nothing half-made is left.</param>
    /// <exception cref="DownloadException">The archive has not the two parts of the standard log.</exception>
    /// <exception cref="DataFormatException">A row is broken; the message says where.</exception>
    public static void Make(string unpacked, string folder, CancellationToken cancel)
    {
        if (File.Exists(Path.Combine(folder, Log)) && File.Exists(Path.Combine(folder, Histories)))
            return;
        var paths = Array.ConvertAll(parts, part => Installer.Member(unpacked, $"**/{part}", "KuaiRand-Pure"));
        var (header, rows, pasts) = ("", new List<(long Time, string Text)>(), new Dictionary<int, Past>());
        foreach (var path in paths)
            header = ReadPart(path, rows, pasts, cancel);
        foreach (var past in pasts.Values)
            past.Sort();
        Installer.WriteGzip(
            Path.Combine(folder, Log),
            rows.Select((row, at) => (row, at))
                .OrderBy(pair => pair.row.Time)
                .ThenBy(pair => pair.at) // as in the archive where times are equal
                .Select(pair => pair.row.Text)
                .Prepend(header),
            cancel
        );
        Installer.WriteGzip(
            Path.Combine(folder, Histories),
            pasts.OrderBy(pair => pair.Key).Select(pair => pair.Value.Line(pair.Key)).Prepend(KuaiRandText.Header),
            cancel
        );
    }

    private static string ReadPart(
        string path,
        List<(long, string)> rows,
        Dictionary<int, Past> pasts,
        CancellationToken cancel
    )
    {
        using var lines = new LineReader(path);
        if (!lines.TryRead(out var first))
            throw lines.Error("The file is empty.");
        var header = first.TrimEnd().ToString();
        var names = header.Split(',');
        var at = Array.ConvertAll(
            ["user_id", "video_id", "date", "time_ms", "is_like", "long_view"],
            name =>
                Array.IndexOf(names, name) is >= 0 and var column
                    ? column
                    : throw lines.Error($"There is no column '{name}'.")
        );
        var cells = new Range[names.Length + 1];
        while (lines.TryRead(out var raw))
        {
            cancel.ThrowIfCancellationRequested();
            var line = raw.TrimEnd();
            if (line.Split(cells, ',') != names.Length)
                throw lines.Error($"The row has not {names.Length} columns.");
            var (user, date) = (Number(line[cells[at[0]]]), Number(line[cells[at[2]]]));
            var time = Number(line[cells[at[3]]]);
            if (date >= FirstDate)
            {
                rows.Add((time, line.ToString()));
                continue;
            }
            if (!pasts.TryGetValue((int)user, out var past))
                pasts.Add((int)user, past = new Past());
            past.Add(
                time,
                (int)Number(line[cells[at[1]]]),
                Number(line[cells[at[4]]]) == 1,
                Number(line[cells[at[5]]]) == 1
            );
        }
        return header;

        long Number(ReadOnlySpan<char> cell) =>
            long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw lines.Error($"'{cell}' is not a whole number.");
    }

    private sealed class Past
    {
        private List<(long Time, int Video, bool Liked, bool Long)> events = [];

        public void Add(long time, int video, bool liked, bool isLong) => events.Add((time, video, liked, isLong));

        public void Sort() => events = [.. events.OrderBy(one => one.Time)]; // stable

        public string Line(int user)
        {
            var lists = new[]
            {
                Latest(events.Select(one => one.Video)),
                Latest(events.Where(one => one.Liked).Select(one => one.Video)),
                Latest(events.Where(one => one.Long).Select(one => one.Video)),
            };
            return $"{user}\t{events.Count}\t{events[^1].Time}\t{string.Join('\t', lists)}";
        }

        private static string Latest(IEnumerable<int> videos) => string.Join(' ', videos.TakeLast(Kept));
    }
}
