using System.CommandLine;
using GenRec.Shared.Data;
using GenRec.Shared.Data.Worlds;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec data</c>: what there is, what it looks like, and bringing in more.</summary>
internal static class DataCommand
{
    private const int Shown = 3;

    public static Command Create(Terminal terminal) =>
        new("data", "List, show, download and import data sets")
        {
            List(terminal),
            Show(terminal),
            Card(terminal),
            DataDownloadCommand.Create(terminal),
            DataImportCommand.Create(terminal),
        };

    private static Command List(Terminal terminal)
    {
        var command = new Command("list", "Show the data sets that the project knows, and which are on this machine");
        command.SetAction(_ =>
        {
            var table = Terminal.Table("data set", "users", "items", "interactions", "here");
            foreach (var set in PublicDatasets.All)
                table.AddRow(
                    Markup.Escape(set.Name),
                    $"{set.Users:N0}",
                    $"{set.Items:N0}",
                    $"{set.Interactions:N0}",
                    set.IsAvailable ? "yes" : "-"
                );
            terminal.Styled.Write(table);
            terminal.Out.WriteLine($"Embedded worlds, made when asked for: {string.Join(", ", Worlds)}.");
            terminal.Out.WriteLine($"Looked in: {string.Join(", ", DataFolders.Roots)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show(Terminal terminal)
    {
        var name = NameOf();
        var command = new Command("show", "Show a data set's card, some histories and some items") { name };
        command.SetAction(parsed =>
        {
            var set = Load(parsed.GetRequiredValue(name));
            terminal.Out.WriteLine(set.Card);
            Gaps(terminal, set);
            terminal.Out.WriteLine();
            for (var user = 0; user < Math.Min(Shown, set.Interactions.Users); user++)
            {
                var items = set.Interactions.ItemsOf(user);
                var first = string.Join(" ", items[..Math.Min(20, items.Length)].ToArray());
                terminal.Out.WriteLine($"user {user, -6} {first}{(items.Length > 20 ? " ..." : "")}");
            }
            if (set.Items.Has(ItemTable.TitleColumn))
                for (var item = 1; item <= Math.Min(Shown, set.Items.ItemCount); item++)
                    terminal.Out.WriteLine($"item {item, -6} {set.Items.Title(item) ?? "(no title)"}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Card(Terminal terminal)
    {
        var name = NameOf();
        var command = new Command("card", "Count a data set and compare with the published counts") { name };
        command.SetAction(parsed =>
        {
            var asked = parsed.GetRequiredValue(name);
            var set = Load(asked);
            var card = set.Card;
            terminal.Out.WriteLine(card);
            Gaps(terminal, set);
            if (PublicDatasets.Find(asked) is not { } known)
                return ExitCode.Done;
            var same = (card.Users, card.Items, card.Interactions) == (known.Users, known.Items, known.Interactions);
            terminal.Out.WriteLine(
                $"{"expected", -14} {known.Users:N0} users, {known.Items:N0} items, {known.Interactions:N0} interactions "
                    + $"({known.Published}): {(same ? "equal" : "DIFFERENT, the files are not the known ones")}"
            );
            return same ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Gaps(Terminal terminal, Dataset set)
    {
        foreach (var gap in set.Gaps)
            terminal.Out.WriteLine($"{"not here", -14} {gap}");
    }

    private static Argument<string> NameOf() =>
        new("name") { Description = "Name of a data set, see 'genrec data list'" };

    private static IEnumerable<string> Worlds =>
        WorldPreset.All.Select(world => world.Name).Concat(FeedPreset.All.Select(feed => feed.Name)).Select(WorldName);

    private static string WorldName(string preset) => $"world-{preset}";

    private static Dataset Load(string name)
    {
        if (PublicDatasets.Find(name) is { } set)
            return set.Load();
        if (WorldPreset.All.FirstOrDefault(world => WorldName(world.Name) == name) is { } preset)
            return World.Create(preset).Dataset;
        if (FeedPreset.All.FirstOrDefault(world => WorldName(world.Name) == name) is { } feed)
            return FeedWorld.Create(feed).Dataset;
        var names = PublicDatasets.All.Select(known => known.Name).Concat(Worlds);
        throw new UserError(
            $"No data set is called '{name}'.{NearestName.Question(name, names)} Run 'genrec data list' to see all."
        );
    }
}
