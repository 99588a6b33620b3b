using System.Text;
using GenRec.Shared.Plotting;
using Spectre.Console;

namespace GenRec.Cli.Notes;

/// <summary>The timeline in letters: a line for each part, papers from left to right by date.</summary>
/// <remarks>All that colour says is said by a sign too: a log file and a colour-blind reader lose nothing.</remarks>
internal static class TerminalTimeline
{
    private static readonly (string Importance, string Sign, string Style)[] Importances =
    [
        ("seminal", "**", "bold red"),
        ("novel", "*", "green"),
        ("so-so", "-", "grey"),
    ];
    private static readonly Dictionary<string, char> StateSigns = new()
    {
        ["planned"] = '○',
        ["started"] = '◐',
        ["done"] = '◉',
        ["reproduced"] = '●',
        ["close"] = '◕',
        ["not reproduced"] = '✗',
        [Shared.Reading.ReadingTimeline.Added] = '◇',
    };
    private const string MoreSigns = "◆▲■△□▽";
    private static readonly Dictionary<string, string> StatusSigns = new()
    {
        ["reading"] = "…",
        ["read"] = "✓",
        ["reproduced"] = "✓✓",
    };

    /// <summary>Draws the events into a terminal.</summary>
    /// <param name="events">At least one.</param>
    /// <param name="console">Where to.</param>
    public static void Draw(IReadOnlyList<TimelineEvent> events, IAnsiConsole console)
    {
        var states = events.Select(one => one.State).Distinct().ToArray();
        var lanes = events.Select(one => one.Lane).Distinct().ToArray();
        var margin = lanes.Max(lane => lane.Length) + 2;
        var first = new DateOnly(events.Min(one => one.Date).Year, 1, 1);
        var room = Math.Max(40, console.Profile.Width - margin - 1);
        // As many columns a day as leave room for the label that comes to lie farthest right.
        var scale = events.Min(one => (room - Label(one).Length - 2.0) / Math.Max(1, Days(one.Date)));
        scale = Math.Max(scale, 10.0 / Math.Max(1, events.Max(one => Days(one.Date))));
        console.Write(new Text(new string(' ', margin) + Years() + "\n", new Style(decoration: Decoration.Dim)));
        foreach (var lane in lanes)
        foreach (var (index, row) in Rows(lane).Index())
            console.MarkupLine(Markup.Escape((index == 0 ? lane : "").PadRight(margin)) + Line(row));
        console.WriteLine();
        console.MarkupLine(Legend(states));

        int Days(DateOnly day) => day.DayNumber - first.DayNumber;
        int Column(TimelineEvent one) => (int)(Days(one.Date) * scale);

        string Years()
        {
            var line = new StringBuilder();
            for (var year = first.Year; year <= events.Max(one => one.Date).Year; year++)
                if ((int)(Days(new DateOnly(year, 1, 1)) * scale) is var column && column >= line.Length)
                    line.Append(' ', column - line.Length).Append(year).Append(' ');
            return line.ToString().TrimEnd();
        }

        IEnumerable<List<TimelineEvent>> Rows(string lane)
        {
            var rows = new List<List<TimelineEvent>>();
            foreach (var one in events.Where(one => one.Lane == lane).OrderBy(one => one.Date))
            {
                var row = rows.FirstOrDefault(row => Column(row[^1]) + Label(row[^1]).Length + 2 < Column(one));
                if (row is null)
                    rows.Add(row = []);
                row.Add(one);
            }
            return rows;
        }

        string Line(List<TimelineEvent> row)
        {
            var line = new StringBuilder();
            var at = 0;
            foreach (var one in row)
            {
                line.Append(' ', Column(one) - at).Append(SignOf(one.State, states)).Append(' ');
                var style = Importances.FirstOrDefault(importance => importance.Importance == one.Importance).Style;
                var label = Markup.Escape(Label(one));
                line.Append(style is null ? label : $"[{style}]{label}[/]");
                at = Column(one) + 2 + Label(one).Length;
            }
            return line.ToString();
        }
    }

    private static string Label(TimelineEvent one) =>
        one.Label
        + Importances.FirstOrDefault(importance => importance.Importance == one.Importance).Sign
        + (StatusSigns.TryGetValue(one.Status ?? "", out var sign) ? " " + sign : "");

    private static char SignOf(string state, string[] states) =>
        StateSigns.TryGetValue(state, out var sign) ? sign : MoreSigns[Array.IndexOf(states, state) % MoreSigns.Length];

    private static string Legend(string[] states)
    {
        var parts = Importances.Select(importance =>
            $"[{importance.Style}]{importance.Importance}{importance.Sign}[/]"
        );
        var workbook = states.Select(state => Markup.Escape($"{SignOf(state, states)} {state}"));
        var mine = StatusSigns.Select(status => $"{status.Value} {status.Key}");
        return $"{string.Join("  ", parts)}   workbook: {string.Join("  ", workbook)}   mine: {string.Join("  ", mine)}";
    }
}
