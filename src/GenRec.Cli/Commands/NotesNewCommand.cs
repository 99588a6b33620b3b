using System.CommandLine;
using GenRec.Shared.Reading;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec notes new</c>: a note for an entry of the reading list, or for any other paper; without a network.</summary>
internal static class NotesNewCommand
{
    public static Command Create(Terminal terminal, Option<string?> folder)
    {
        var paper = new Argument<string?>("paper")
        {
            Description = "An entry of the reading list; where its note is there, empty fields are filled",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Every entry of the reading list" };
        var arXiv = new Option<string[]>("--arxiv") { Description = "arXiv number, 2601.01234; gives the date" };
        var title = new Option<string?>("--title") { Description = "Title" };
        var id = new Option<string?>("--id") { Description = "Name of note and file; default from the title" };
        var system = new Option<string?>("--system") { Description = "Short name, shown on the timeline" };
        var authors = new Option<string[]>("--author") { Description = "Author, given name first; may be repeated" };
        var date = new Option<string?>("--date") { Description = "First version, yyyy-MM-dd or yyyy-MM" };
        var venue = new Option<string?>("--venue") { Description = "Conference or journal, with year" };
        var importance = new Option<string?>("--importance") { Description = "seminal, novel or so-so" };
        importance.AcceptOnlyFromAmong([.. Enum.GetValues<Importance>().Select(PaperNote.TextOf)]);
        var status = new Option<string?>("--status") { Description = "to-read (default), reading, read or reproduced" };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<ReadingStatus>().Select(PaperNote.TextOf)]);
        var part = new Option<string?>("--part")
        {
            Description = "Line of the timeline: one of the list's parts or your own",
        };
        var tags = new Option<string[]>("--tag") { Description = "Tag; may be repeated" };
        var command = new Command(
            "new",
            "Make a note: for an entry of the reading list, or for a paper that is not on it"
        )
        {
            paper,
            all,
            arXiv,
            title,
            id,
            system,
            authors,
            date,
            venue,
            importance,
            status,
            part,
            tags,
        };
        command.SetAction(parsed =>
        {
            var notes = NoteFolder.Open(parsed.GetValue(folder));
            var list = ReadingList.Load();
            var numbers = parsed.GetValue(arXiv) ?? [];
            if (parsed.GetValue(all))
            {
                foreach (var one in list.Entries)
                    FromList(terminal, notes, one.Number.ToString());
                return ExitCode.Done;
            }
            var named = parsed.GetValue(paper) ?? (numbers is [var number] ? OfPaper(list, number) : null);
            if (named is not null)
                return FromList(terminal, notes, named);
            if (parsed.GetValue(title) is not { } known)
                throw new UserError(
                    "Name an entry of the reading list (genrec notes new tiger), or a paper: "
                        + "genrec notes new --arxiv 2601.01234 --title \"...\"."
                );
            var page = Make(
                notes,
                new NewNote
                {
                    Title = known,
                    Id = parsed.GetValue(id),
                    System = parsed.GetValue(system),
                    ArXiv = numbers,
                    Authors = parsed.GetValue(authors) ?? [],
                    Date = parsed.GetValue(date),
                    Venue = parsed.GetValue(venue),
                    Importance = parsed.GetValue(importance) is { } judged ? PaperNote.ImportanceOf(judged) : null,
                    Status = parsed.GetValue(status) is { } far ? PaperNote.StatusOf(far)!.Value : ReadingStatus.ToRead,
                    Part = parsed.GetValue(part),
                    Tags = parsed.GetValue(tags) ?? [],
                }
            );
            terminal.Out.WriteLine($"Made {Repository.Shown(page.Path)}");
            if (page.Note.Date is null)
                terminal.Out.WriteLine(
                    "It has no date, and so no place on the timeline: give one in its front matter."
                );
            return ExitCode.Done;
        });
        return command;
    }

    private static string? OfPaper(ReadingList list, string arXiv) =>
        list.Entries.FirstOrDefault(one => one.Kind == ReadingKind.Paper && one.ArXiv.Contains(arXiv))?.System;

    private static NotePage Make(NoteFolder notes, NewNote paper)
    {
        try
        {
            return notes.New(paper);
        }
        catch (InvalidOperationException there)
        {
            throw new UserError(there.Message);
        }
    }

    private static int FromList(Terminal terminal, NoteFolder notes, string paper)
    {
        if (notes.EntryOf(paper) is not { } entry)
        {
            var systems = ReadingList.Load().Entries.Select(one => one.System);
            throw new UserError(
                $"The reading list has no '{paper}'.{NearestName.Question(paper, systems)} "
                    + "For a paper that is not on it: genrec notes new --arxiv 2601.01234 --title \"...\"."
            );
        }
        var there = notes.Read().Of(entry) is not null;
        var page = notes.For(paper);
        if (!there)
            terminal.Out.WriteLine($"Made {Repository.Shown(page.Path)}");
        else
            try
            {
                var filled = page.Fill();
                terminal.Out.WriteLine(
                    $"{Repository.Shown(page.Path)} is there; "
                        + (
                            filled.Count == 0
                                ? "no field is empty that could be filled."
                                : $"filled {string.Join(", ", filled)}."
                        )
                );
            }
            catch (NoteConflictException conflict)
            {
                throw new UserError(conflict.Message, ExitCode.Failed);
            }
        return ExitCode.Done;
    }
}
