using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;
using GenRec.Notebooks.Kernel.Sockets;
using GenRec.Notebooks.Language;
using GenRec.Notebooks.Sessions;

namespace GenRec.Notebooks.Kernel;

/// <summary>What a kernel needs beside its addresses.</summary>
public sealed record KernelOptions
{
    /// <summary>Where cells look for relative paths: the notebook's folder, in which front ends start kernels.</summary>
    public string Folder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Makes the services behind completion, inspection and the check for complete cells; null for
    /// none.</summary>
    public Func<NotebookSession, ILanguageService>? Language { get; init; }

    /// <summary>How long an interrupted cell may go on before it is torn down. Default 5 s; a second interrupt ends it at
    /// once.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Receives what the kernel reports of itself, such as dropped messages.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;
}

/// <summary>A Jupyter kernel for C#: five sockets, one session of cells.</summary>
/// <remarks>
/// Jupyter client documentation, "Messaging in Jupyter", protocol 5.4. Shell, control, iopub, stdin and heartbeat have a
/// thread each; cells, questions and control requests are worked on by three more, so that a kernel answers, can be
/// interrupted and shut down whatever its cell does. kernel_info is answered before the compiler is warm.
/// </remarks>
public sealed class KernelServer : IDisposable
{
    private static readonly TimeSpan TimeToSave = TimeSpan.FromSeconds(1.5);

    private readonly MessageCodec codec;
    private readonly KernelLog log;
    private readonly HeartbeatSocket heartbeat;
    private readonly PublishSocket iopub;
    private readonly RequestSocket stdin;
    private readonly RequestSocket shell;
    private readonly RequestSocket control;
    private readonly Publisher publisher;
    private readonly Questions questions;
    private readonly CellRunner runner;
    private readonly RestingMemory memory = new();
    private readonly RequestLoop<Cell> cells;
    private readonly RequestLoop<Question> asked;
    private readonly RequestLoop<ControlRequest> controls;
    private readonly Task<NotebookSession> session;
    private readonly Lazy<Task<ILanguageService?>> language;
    private readonly TaskCompletionSource<bool> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task lastCell = Task.CompletedTask; // of the shell's thread alone

    /// <summary>Binds the sockets and begins to answer; the session warms up in the background.</summary>
    /// <param name="connection">Where to listen.</param>
    /// <param name="options">Folder, language services, log.</param>
    /// <exception cref="NetMQ.NetMQException">An address cannot be bound.</exception>
    public KernelServer(ConnectionInfo connection, KernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(options);
        log = new KernelLog(options.Log);
        codec = new MessageCodec(connection.Key);
        if (connection.Key.IsEmpty)
            log.Line(
                "the connection file holds no key: messages are not signed, and whoever reaches the ports is obeyed."
            );

        heartbeat = new HeartbeatSocket(connection.EndpointOf(connection.HeartbeatPort));
        iopub = new PublishSocket(connection.EndpointOf(connection.IopubPort));
        publisher = new Publisher(iopub, codec);
        var (input, history) = (new UserInput(codec), new CellHistory());

        var start = new TaskCompletionSource<NotebookSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        session = start.Task;
        // Made by the first cell's end or the first question: warming up, it would compete with the first cell.
        language = new Lazy<Task<ILanguageService?>>(() => WithLanguageAsync(options.Language));
        questions = new Questions(language, history, publisher);
        runner = new CellRunner(session, publisher, input, history, (r, c) => Answer(shell!, r, c), codec.Session);
        cells = new RequestLoop<Cell>("cells", RunAsync);
        asked = new RequestLoop<Question>(
            "questions",
            question => AnswerAsync(shell!, question.Request, question.After)
        );
        controls = new RequestLoop<ControlRequest>("control requests", ControlAsync);

        stdin = Bind("stdin", connection.StdinPort, input.Receive);
        input.Send = stdin.Send;
        control = Bind("control", connection.ControlPort, request => controls.Add(new(control!, request)));
        shell = Bind("shell", connection.ShellPort, FromShell);
        publisher.Starting();
        _ = Task.Run(() => start.TrySetResult(Open(options, input)));

        RequestSocket Bind(string name, int port, Action<KernelMessage> received) =>
            new(name, connection.EndpointOf(port), codec, received, log);
    }

    /// <summary>Ends when a client has asked for it and has been answered; true where it means to start the kernel
    /// anew.</summary>
    public Task<bool> Ended => ended.Task;

    /// <summary>Asks the running cell to stop.</summary>
    /// <returns>False where no cell runs.</returns>
    public bool Interrupt() => runner.Interrupt();

    /// <summary>Stops the running cell, closes the sockets and the session.</summary>
    public void Dispose()
    {
        cells.Dispose();
        if (runner.Interrupt())
            cells.Join(TimeToSave);
        memory.Dispose();
        asked.Dispose();
        controls.Dispose();
        shell.Dispose();
        control.Dispose();
        stdin.Dispose();
        iopub.Dispose();
        heartbeat.Dispose();
        if (language is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            (language.Value.Result as IDisposable)?.Dispose();
        if (session.IsCompletedSuccessfully)
            session.Result.Dispose();
    }

    private static NotebookSession Open(KernelOptions options, UserInput input) =>
        new(
            new SessionOptions
            {
                Folder = options.Folder,
                Name = "the kernel",
                Grace = options.Grace,
                ReadLine = input.ReadLine,
            }
        );

    private async Task<ILanguageService?> WithLanguageAsync(Func<NotebookSession, ILanguageService>? make) =>
        make?.Invoke(await session.ConfigureAwait(false));

    private void FromShell(KernelMessage request)
    {
        switch (request.Type)
        {
            case "execute_request":
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                lastCell = done.Task;
                cells.Add(new Cell(request, done));
                break;
            case "shutdown_request" or "interrupt_request": // older clients send them here; they wait for no cell either
                controls.Add(new ControlRequest(shell, request));
                break;
            default:
                asked.Add(new Question(request, lastCell));
                break;
        }
    }

    private async Task RunAsync(Cell cell)
    {
        memory.CellStarted();
        await runner.RunAsync(cell.Request).ConfigureAwait(false);
        cell.Done.SetResult();
        memory.CellEnded();
        _ = language.Value;
    }

    private Task ControlAsync(ControlRequest control)
    {
        var (socket, request) = control;
        switch (request.Type)
        {
            case "interrupt_request":
                publisher.Busy(request);
                if (!runner.Interrupt())
                    log.Line("asked to interrupt, but no cell runs.");
                Answer(socket, request, new JsonObject { ["status"] = "ok" });
                publisher.Idle(request);
                return Task.CompletedTask;
            case "shutdown_request":
                Shutdown(socket, request);
                return Task.CompletedTask;
            default:
                return AnswerAsync(socket, request, Task.CompletedTask);
        }
    }

    private void Shutdown(RequestSocket socket, KernelMessage request)
    {
        publisher.Busy(request);
        var restart = request.Flag("restart", false);
        var content = new JsonObject { ["status"] = "ok", ["restart"] = restart };
        publisher.Send("shutdown_reply", request, (JsonObject)content.DeepClone()); // other clients want to know
        Answer(socket, request, content);
        publisher.Idle(request);
        ended.TrySetResult(restart);
    }

    private async Task AnswerAsync(RequestSocket socket, KernelMessage request, Task cellsBefore)
    {
        publisher.Busy(request);
        JsonObject? content;
        try
        {
            content = await questions.AnswerAsync(request, cellsBefore).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever goes wrong is told to the client; the kernel lives on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.Line($"{request.Type}: {(e is MalformedMessageException ? e.Message : e)}");
            content = ErrorContent.Reply(new CellError(e.GetType().Name, e.Message, [e.Message]));
        }
        if (content is not null)
            Answer(socket, request, content);
        publisher.Idle(request);
    }

    private void Answer(RequestSocket socket, KernelMessage request, JsonObject content)
    {
        const string Asking = "_request";
        if (!request.Type.EndsWith(Asking, StringComparison.Ordinal))
            return; // a notice such as comm_msg: it has no answer
        var type = request.Type[..^Asking.Length] + "_reply";
        socket.Send(codec.Encode(request.Identities, type, request.Header, content, out _));
    }

    private sealed record Cell(KernelMessage Request, TaskCompletionSource Done);

    private sealed record Question(KernelMessage Request, Task After);

    private sealed record ControlRequest(RequestSocket Socket, KernelMessage Request);
}
