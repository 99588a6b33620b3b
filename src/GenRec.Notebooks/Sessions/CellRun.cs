using System.Diagnostics;
using System.Globalization;
using GenRec.Notebooks.Files;
using GenRec.Notebooks.Hosts;

namespace GenRec.Notebooks.Sessions;

/// <summary>One cell on its way: its pieces and what it imports, in order.</summary>
internal sealed class CellRun(
    SessionThread thread,
    ScriptChain chain,
    ErrorReport errors,
    string folder,
    CellScope scope,
    CancellationToken abort
)
{
    private readonly Stack<string> importing = new();

    /// <summary>Runs a cell and shows its value.</summary>
    /// <returns>The error, or null.</returns>
    public async Task<CellError?> ExecuteAsync(string code, string name)
    {
        var clock = Stopwatch.StartNew();
        var (error, timed) = await RunAsync(code, name, name, folder, showValue: true).ConfigureAwait(false);
        if (timed)
        {
            var seconds = clock.Elapsed.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
            scope.Write(ConsoleStream.Out, $"Wall time: {seconds} s\n");
        }
        return error;
    }

    private async Task<(CellError? Error, bool Timed)> RunAsync(
        string code,
        string file,
        string place,
        string beside,
        bool showValue
    )
    {
        errors.Add(file, place, code);
        CellSource source;
        try
        {
            source = CellSource.Split(code, place);
        }
        catch (CellSourceException e)
        {
            return (ErrorReport.OfDirective(e.Place, e.Line, e.Message), false);
        }
        foreach (var part in source.Parts)
        {
            var error = part.Import is { } import
                ? await ImportAsync(import, place, part.Line, beside).ConfigureAwait(false)
                : await SubmitAsync(part.Code!, file, showValue).ConfigureAwait(false);
            if (error is not null)
                return (error, source.Timed);
        }
        return (null, source.Timed);
    }

    private async Task<CellError?> SubmitAsync(string code, string file, bool showValue)
    {
        var started = await thread.Run(() => chain.Start(code, file, scope, abort)).ConfigureAwait(false);
        var done = await started.ConfigureAwait(false);
        if (done.Diagnostics.Count > 0)
            return errors.OfDiagnostics(done.Diagnostics, file);
        if (done.Exception is not null)
            return errors.OfException(done.Exception);
        return done.HasValue && showValue ? await ShowAsync(done.Value).ConfigureAwait(false) : null;
    }

    // A value may compute while it is shown (a lazy sequence), print, or throw: all that belongs to the cell.
    private Task<CellError?> ShowAsync(object? value) =>
        thread.Run<CellError?>(() =>
        {
            CellScope.Current = scope;
            try
            {
                scope.Result(value);
                return null;
            }
#pragma warning disable CA1031 // Any exception of a value's own code is the cell's error.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return errors.OfException(e);
            }
            finally
            {
                CellScope.Current = null;
            }
        });

    private async Task<CellError?> ImportAsync(string path, string place, int line, string beside)
    {
        var full = Path.GetFullPath(path, beside);
        if (BootstrapFile.IsOurs(full))
            return null; // every session has it from the start
        if (!File.Exists(full))
            return ErrorReport.OfDirective(
                place,
                line,
                $"'#!import {path}': there is no such file in {Shown(beside)}."
            );
        if (importing.Contains(full))
            return ErrorReport.OfDirective(place, line, $"'#!import {path}' imports itself.");
        importing.Push(full);
        try
        {
            return Path.GetExtension(full).ToLowerInvariant() switch
            {
                ".csx" or ".cs" => await ImportCodeAsync(full).ConfigureAwait(false),
                ".ipynb" => await ImportNotebookAsync(full, place, line).ConfigureAwait(false),
                var other => ErrorReport.OfDirective(
                    place,
                    line,
                    $"'#!import' takes .csx, .cs and .ipynb files, not '{other}'."
                ),
            };
        }
        finally
        {
            importing.Pop();
        }
    }

    private async Task<CellError?> ImportCodeAsync(string full)
    {
        var code = await File.ReadAllTextAsync(full, CancellationToken.None).ConfigureAwait(false);
        var (error, _) = await RunAsync(code, full, Shown(full), Path.GetDirectoryName(full)!, showValue: false)
            .ConfigureAwait(false);
        return error;
    }

    private async Task<CellError?> ImportNotebookAsync(string full, string place, int line)
    {
        Notebook notebook;
        try
        {
            notebook = Notebook.Read(full);
        }
        catch (NotebookFormatException e)
        {
            return ErrorReport.OfDirective(place, line, e.Message);
        }
        foreach (var (index, cell) in notebook.Cells.Index().Where(cell => cell.Item.Kind == CellKind.Code))
        {
            var name = $"{Shown(full)} cell {index + 1}";
            var (error, _) = await RunAsync(cell.Source, name, name, Path.GetDirectoryName(full)!, showValue: false)
                .ConfigureAwait(false);
            if (error is not null)
                return error;
        }
        return null;
    }

    private string Shown(string full)
    {
        var relative = Path.GetRelativePath(folder, full);
        return relative == "." ? "the notebook's folder" : relative.Replace('\\', '/');
    }
}
