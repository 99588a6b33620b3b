using System.Globalization;
using System.Runtime.InteropServices;
using GenRec.Notebooks.Language;
using GenRec.Notebooks.Sessions;
using NetMQ;

namespace GenRec.Notebooks.Kernel.Start;

/// <summary>How a kernel's process is started.</summary>
public sealed record KernelStart
{
    /// <summary>The file that says where to listen.</summary>
    public required string ConnectionFile { get; init; }

    /// <summary>True where the process runs from a shadow copy already, or shall run from where it is.</summary>
    public bool InPlace { get; init; }

    /// <summary>The process with which the kernel ends; null to take Jupyter's word.</summary>
    public int? Parent { get; init; }

    /// <summary>Makes the language services; null for none.</summary>
    public Func<NotebookSession, ILanguageService>? Language { get; init; }
}

/// <summary>The process of a kernel: from its copy of the program to its end.</summary>
public static class KernelProcess
{
    /// <summary>Option that says that the process runs from a copy.</summary>
    public const string InPlaceOption = "--in-place";

    /// <summary>Option that names the parent process.</summary>
    public const string ParentOption = "--parent";

    private const int PoolThreads = 16; // cells that block pool threads must not keep timers and interrupts waiting

    // The compiler runs a little in each cell; profiling it costs memory that grows with the cells and gains nothing.
    private static readonly Dictionary<string, string> Runtime = new(StringComparer.Ordinal)
    {
        ["DOTNET_TieredPGO"] = "0",
    };

    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>Runs a kernel until a client ends it, its parent goes or it is told to stop.</summary>
    /// <returns>0 where it ended as asked.</returns>
    /// <exception cref="FileNotFoundException">There is no connection file.</exception>
    /// <exception cref="InvalidDataException">The connection file is none.</exception>
    /// <exception cref="NetMQException">An address of the connection file cannot be bound.</exception>
    public static int Run(KernelStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var connection = ConnectionInfo.Read(start.ConnectionFile); // before anything else: its errors are the user's
        return start.InPlace ? Serve(start, connection) : FromCopy(start) ?? Serve(start, connection);
    }

    private static int? FromCopy(KernelStart start)
    {
        try
        {
            var copy = ShadowCopy.Prepare(AppContext.BaseDirectory);
            var host = Environment.ProcessPath!;
            List<string> arguments = ["kernel", "start", Path.GetFullPath(start.ConnectionFile), InPlaceOption];
            if (OperatingSystem.IsWindows())
                arguments.AddRange([ParentOption, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
            if (Path.GetFileNameWithoutExtension(host).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
                arguments.Insert(0, Path.Combine(copy, Path.GetFileName(Environment.GetCommandLineArgs()[0])));
            else
                host = Path.Combine(copy, Path.GetFileName(host));
            return ProgramReplacement.Run(host, arguments, Runtime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(
                $"genrec kernel: runs from {AppContext.BaseDirectory} itself, do not build there now: {e.Message}"
            );
            return null;
        }
    }

    private static int Serve(KernelStart start, ConnectionInfo connection)
    {
        ThreadPool.SetMinThreads(PoolThreads, PoolThreads);
        using var lease = Lease();
        var options = new KernelOptions { Language = start.Language, Log = Console.Error };
        var server = new KernelServer(connection, options);
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT,
            context => context.Cancel = server.Interrupt() || ParentWatch.Parent(start.Parent) is not null
        );
        using var terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            context =>
            {
                context.Cancel = true;
                stop.Cancel();
            }
        );
        EndAsync(server, start, stop.Token).GetAwaiter().GetResult();
        // What a cell still does must not keep the process: it has two seconds to notice and to save.
        _ = Task.Delay(LastWords).ContinueWith(_ => Environment.Exit(0), TaskScheduler.Default);
        server.Dispose();
        NetMQConfig.Cleanup(block: true);
        Environment.Exit(0);
        return 0;
    }

    private static IDisposable? Lease()
    {
        try
        {
            return ShadowCopy.Use(AppContext.BaseDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a program in a folder that cannot be written to has no copies either
        }
    }

    private static async Task EndAsync(KernelServer server, KernelStart start, CancellationToken cancel)
    {
        var told = Task.Delay(Timeout.Infinite, cancel);
        var alone = ParentWatch.Parent(start.Parent) is { } parent ? ParentWatch.GoneAsync(parent, cancel) : told;
        await Task.WhenAny(server.Ended, told, alone).ConfigureAwait(false);
    }
}
