using System.CommandLine;
using GenRec.Cli.Notes;
using GenRec.Shared.Experiments.Records;
using GenRec.Shared.Reading;
using GenRec.Shared.Reading.Search;
using Spectre.Console;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec notes</c>: the reader's notes; without a word behind it, the timeline.</summary>
internal static class NotesCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Option<string?>("--notes")
        {
            Description =
                $"Folder of the notes, for example in an Obsidian vault; default {NoteFolder.Variable}, then notebooks/notes",
            Recursive = true,
        };
        var page = new Option<FileInfo?>("--page")
        {
            Description = "Also write the timeline as an HTML page to this new file",
        };
        var command = new Command("notes", "Draw the papers by date; list, show, make, search and export reading notes")
        {
            folder,
            page,
            List(terminal, folder),
            Show(terminal, folder),
            NotesNewCommand.Create(terminal, folder),
            Add(terminal, folder),
            Search(terminal, folder),
            NotesExportCommand.Create(terminal, folder),
        };
        command.SetAction(parsed =>
        {
            var (list, shelf) = (ReadingList.Load(), NoteFolder.Open(parsed.GetValue(folder)).Read());
            var states = ReproductionStates.Recorded();
            TerminalTimeline.Draw(list.TimelineEvents(shelf, states), terminal.Styled);
            if (parsed.GetValue(page) is { } file)
            {
                list.Timeline(shelf, states).SavePage(file.FullName);
                terminal.Out.WriteLine($"Written: {Repository.Shown(file.FullName)}");
            }
            return Tell(terminal, shelf);
        });
        return command;
    }

    /// <summary>Says what is wrong with note files; the answer of the command.</summary>
    internal static int Tell(Terminal terminal, NoteShelf shelf)
    {
        foreach (var problem in shelf.Problems)
            terminal.Error.WriteLine($"error: {problem.Message}");
        return shelf.Problems.Count == 0 ? ExitCode.Done : ExitCode.WrongInput;
    }

    private static Command List(Terminal terminal, Option<string?> folder)
    {
        var status = new Option<string?>("--status") { Description = "Only papers that I have marked so" };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<ReadingStatus>().Select(PaperNote.TextOf)]);
        var importance = new Option<string?>("--importance") { Description = "Only papers of this importance" };
        importance.AcceptOnlyFromAmong([.. Enum.GetValues<Importance>().Select(PaperNote.TextOf)]);
        var tag = new Option<string?>("--tag") { Description = "Only papers with this tag" };
        var command = new Command("list", "List the papers with importance, status and note")
        {
            status,
            importance,
            tag,
        };
        command.SetAction(parsed =>
        {
            var shelf = NoteFolder.Open(parsed.GetValue(folder)).Read();
            var table = Terminal.Table("id", "paper", "date", "importance", "my status", "workbook", "note");
            foreach (var row in NoteRow.Of(ReadingList.Load(), shelf))
                if (
                    (parsed.GetValue(status) is not { } wanted || row.Note?.StatusText == wanted)
                    && (parsed.GetValue(importance) is not { } judged || row.Importance == judged)
                    && (
                        parsed.GetValue(tag) is not { } tagged || row.Note?.Tags.Contains(tagged.TrimStart('#')) == true
                    )
                )
                    table.AddRow(
                        Markup.Escape(row.Id),
                        Markup.Escape(row.Name),
                        row.Date ?? "",
                        row.Importance ?? "",
                        row.Note?.StatusText ?? "-",
                        row.Workbook,
                        row.Note is null ? "-" : Markup.Escape(Path.GetRelativePath(shelf.Folder, row.Note.Path))
                    );
            terminal.Styled.Write(table);
            terminal.Out.WriteLine(
                $"Notes lie in {shelf.Folder}. 'genrec notes show <paper>' makes one that is not there."
            );
            return Tell(terminal, shelf);
        });
        return command;
    }

    private static Command Show(Terminal terminal, Option<string?> folder)
    {
        var paper = Paper();
        var path = new Option<bool>("--path") { Description = "Say only where the file lies, for an editor" };
        var command = new Command("show", "Show a paper's note; it is made from the reading list when it is not there")
        {
            paper,
            path,
        };
        command.SetAction(parsed =>
        {
            var page = NoteFolder.Open(parsed.GetValue(folder)).For(parsed.GetRequiredValue(paper));
            terminal.Out.WriteLine(parsed.GetValue(path) ? page.Path : page.ToText());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Add(Terminal terminal, Option<string?> folder)
    {
        var paper = Paper();
        var words = new Argument<string[]>("text")
        {
            Description = "What to note, Markdown",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var file = new Option<FileInfo?>("--file", "-f") { Description = "Take the text from a UTF-8 file" };
        var command = new Command("add", "Add a dated note at the end of a paper's file") { paper, words, file };
        command.SetAction(parsed =>
        {
            var typed = string.Join(' ', parsed.GetValue(words) ?? []);
            var from = parsed.GetValue(file);
            if ((typed.Length > 0) == (from is not null))
                throw new UserError("Give the text to add: genrec notes add <paper> \"...\", or --file <file>.");
            if (from is { Exists: false })
                throw new UserError($"There is no file {from.FullName}.");
            var text = from is null ? typed : TextFile.Read(from.FullName);
            if (string.IsNullOrWhiteSpace(text))
                throw new UserError("The text is empty.");
            var page = NoteFolder.Open(parsed.GetValue(folder)).For(parsed.GetRequiredValue(paper));
            try
            {
                page.Add(text);
            }
            catch (NoteConflictException conflict)
            {
                throw new UserError(conflict.Message, ExitCode.Failed);
            }
            terminal.Out.WriteLine($"Added to {Repository.Shown(page.Path)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Search(Terminal terminal, Option<string?> folder)
    {
        var words = new Argument<string[]>("words")
        {
            Description = "Words that must all be there; 'beam search' in quotes is a phrase, quant* a beginning",
            Arity = ArgumentArity.OneOrMore,
        };
        var limit = NumberOption.AtLeast("--limit", 1, "Most places to show; default 20");
        var only = new Option<SearchSource?>("--in") { Description = "Search only here: note, notebook or data" };
        var command = new Command("search", "Find words in notes, notebooks and the data files about papers")
        {
            words,
            limit,
            only,
        };
        command.SetAction(parsed =>
        {
            // A word with a blank in it was quoted in the shell: a phrase.
            var query = string.Join(
                ' ',
                parsed
                    .GetRequiredValue(words)
                    .Select(word => word.Contains(' ') && !word.Contains('"') ? $"\"{word}\"" : word)
            );
            var notes = NoteFolder.Open(parsed.GetValue(folder));
            var found = TextSearch.Find(notes, query, parsed.GetValue(limit) ?? 20, parsed.GetValue(only));
            foreach (var hit in found.Hits)
            {
                terminal.Styled.MarkupLine($"[bold]{Markup.Escape(hit.Place)}[/]  {Markup.Escape(hit.Heading)}");
                terminal.Styled.MarkupLine(
                    "    "
                        + Markup
                            .Escape(hit.Excerpt)
                            .Replace($"{SearchHit.Begin}", "[yellow]")
                            .Replace($"{SearchHit.End}", "[/]")
                );
            }
            terminal.Out.WriteLine(found.Hits.Count == 0 ? $"Nothing holds {query}." : $"{found.Hits.Count} places");
            foreach (var problem in found.Problems)
                terminal.Error.WriteLine($"error: not searched: {problem}");
            return found.Problems.Count == 0 ? ExitCode.Done : ExitCode.WrongInput;
        });
        return command;
    }

    private static Argument<string> Paper() =>
        new("paper") { Description = "System (tiger), number, id, title, citation key or arXiv number" };
}
