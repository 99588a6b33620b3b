using System.Runtime.InteropServices;

namespace GenRec.Cli;

/// <summary>Ctrl+C and a request to terminate: the first asks the command to save and stop, the second ends the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private const PosixSignal FileTooLong = (PosixSignal)25; // SIGXFSZ on Linux and macOS
    private readonly CancellationTokenSource stop = new();
    private readonly List<PosixSignalRegistration> registrations = [];

    public StopSignals()
    {
        // Where a limit of the file size is reached, the write shall fail, which is told, and not end the process.
        if (!OperatingSystem.IsWindows())
            registrations.Add(PosixSignalRegistration.Create(FileTooLong, context => context.Cancel = true));
    }

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Token => stop.Token;

    /// <summary>From now on signals are caught; before, they end the process.</summary>
    public void Listen(Terminal terminal)
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
            registrations.Add(PosixSignalRegistration.Create(signal, context => Stop(context, terminal)));
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        stop.Dispose();
    }

    private void Stop(PosixSignalContext context, Terminal terminal)
    {
        if (stop.IsCancellationRequested)
            return; // what the signal does by itself: the process ends
        context.Cancel = true;
        terminal.Error.WriteLine("Stopping; what there is is saved first. Ctrl+C again ends it at once.");
        stop.Cancel();
    }
}
