using System.Text;
using GenRec.Notebooks.Sessions;
using GenRec.Shared.Display;

namespace GenRec.Notebooks.Tests.Sessions;

/// <summary>Keeps what cells show, for tests to look at.</summary>
internal sealed class RecordingSink : ICellSink
{
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();

    public string Out => output.ToString();

    public string ErrorText => errors.ToString();

    public List<string> Calls { get; } = [];

    public List<MimeBundle> Displays { get; } = [];

    public List<(string Id, MimeBundle Value)> Updates { get; } = [];

    public List<MimeBundle> Results { get; } = [];

    public List<CellError> Errors { get; } = [];

    public List<bool> Clears { get; } = [];

    public void Stream(ConsoleStream stream, string text)
    {
        lock (Calls)
        {
            (stream == ConsoleStream.Out ? output : errors).Append(text);
            Calls.Add(text);
        }
    }

    public void Display(MimeBundle value, string? displayId) => Displays.Add(value);

    public void Update(MimeBundle value, string displayId) => Updates.Add((displayId, value));

    public void Result(MimeBundle value) => Results.Add(value);

    public void Error(CellError error) => Errors.Add(error);

    public void Clear(bool wait) => Clears.Add(wait);
}

/// <summary>A session and the calls tests make on it.</summary>
internal sealed class TestSession : IDisposable
{
    private readonly NotebookSession session;
    private int cells;

    public TestSession(string? folder = null, TimeSpan? grace = null) =>
        session = new NotebookSession(
            new SessionOptions { Folder = folder ?? AppContext.BaseDirectory, Grace = grace ?? TimeSpan.FromSeconds(5) }
        );

    public NotebookSession Session => session;

    public async Task<(CellResult Result, RecordingSink Sink)> RunAsync(
        string code,
        CellLimits? limits = null,
        CancellationToken cancel = default
    )
    {
        var sink = new RecordingSink();
        var request = new CellRequest(code, $"cell {++cells}") { Limits = limits ?? CellLimits.None };
        return (await session.RunAsync(request, sink, cancel), sink);
    }

    /// <summary>Runs a cell that must succeed and gives back its value as plain text.</summary>
    public async Task<string?> ValueAsync(string code)
    {
        var (result, sink) = await RunAsync(code);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        return sink.Results.Count == 0 ? null : sink.Results[0].Data[MimeTypes.Text].GetValue<string>();
    }

    public void Dispose() => session.Dispose();
}
