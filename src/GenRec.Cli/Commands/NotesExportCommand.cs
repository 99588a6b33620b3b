using System.CommandLine;
using System.Text;
using GenRec.Shared.Reading;
using GenRec.Shared.Runtime;

namespace GenRec.Cli.Commands;

/// <summary><c>genrec notes export</c>: BibTeX, one Markdown book, or JSON.</summary>
internal static class NotesExportCommand
{
    public static Command Create(Terminal terminal, Option<string?> folder)
    {
        var format = new Argument<string>("format") { Description = "bibtex, book (one Markdown file) or json" };
        format.AcceptOnlyFromAmong("bibtex", "book", "json");
        var output = new Option<FileInfo?>("--output", "-o") { Description = "File to write; default: the terminal" };
        var force = new Option<bool>("--force") { Description = "Replace the file when it is there" };
        var lenient = new Option<bool>("--skip-broken") { Description = "Leave out notes that cannot be read" };
        var command = new Command("export", "Write all notes for another program") { format, output, force, lenient };
        command.SetAction(parsed =>
        {
            var shelf = NoteFolder.Open(parsed.GetValue(folder)).Read();
            if (shelf.Problems.Count > 0)
            {
                NotesCommand.Tell(terminal, shelf);
                if (!parsed.GetValue(lenient))
                    throw new UserError(
                        "Nothing was exported. Mend these files, or leave them out with --skip-broken."
                    );
            }
            if (shelf.Notes.Count == 0)
                throw new UserError(
                    $"There are no notes in {shelf.Folder}; 'genrec notes new --all' makes one for every paper."
                );
            var text = parsed.GetRequiredValue(format) switch
            {
                "bibtex" => NoteExport.ToBibTex(shelf),
                "book" => NoteExport.ToBook(shelf),
                _ => NoteExport.ToJson(shelf),
            };
            if (parsed.GetValue(output) is not { } file)
            {
                terminal.Out.Write(text);
                return ExitCode.Done;
            }
            if (file.Exists && !parsed.GetValue(force))
                throw new UserError($"{file.FullName} is there already; --force replaces it.");
            AtomicFile.Write(file.FullName, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
            terminal.Out.WriteLine($"Written: {Repository.Shown(file.FullName)} ({shelf.Notes.Count} notes)");
            return ExitCode.Done;
        });
        return command;
    }
}
