using System.Text;

namespace GenRec.Notebooks.Sessions;

/// <summary>Sends what a cell writes to <see cref="Console"/> to that cell, and everything else where it went
/// before.</summary>
/// <remarks>
/// The cell is found through an async-local value, so that two sessions in one process (tests) and the command line's
/// own progress do not mix. The console is put back when the last session ends.
/// </remarks>
internal static class ConsoleRouter
{
    private static readonly Lock Gate = new();
    private static int users;
    private static TextWriter? originalOut;
    private static TextWriter? originalError;
    private static TextReader? originalIn;
    private static TextWriter? routedOut;
    private static TextWriter? routedError;
    private static TextReader? routedIn;

    /// <summary>Routes the console until the result is disposed.</summary>
    public static IDisposable Use()
    {
        lock (Gate)
        {
            if (users++ == 0)
                Install();
        }
        return new Lease();
    }

    private static void Install()
    {
        (originalOut, originalError, originalIn) = (Console.Out, Console.Error, Console.In);
        Console.SetOut(new Writer(ConsoleStream.Out, originalOut));
        Console.SetError(new Writer(ConsoleStream.Error, originalError));
        Console.SetIn(new Reader(originalIn));
        (routedOut, routedError, routedIn) = (Console.Out, Console.Error, Console.In);
    }

    private static void Release()
    {
        lock (Gate)
        {
            if (--users > 0)
                return;
            // A cell may have set a console of its own; then it is not ours to take away from whoever set it since.
            if (ReferenceEquals(Console.Out, routedOut))
                Console.SetOut(originalOut!);
            if (ReferenceEquals(Console.Error, routedError))
                Console.SetError(originalError!);
            if (ReferenceEquals(Console.In, routedIn))
                Console.SetIn(originalIn!);
        }
    }

    private sealed class Lease : IDisposable
    {
        private int disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref disposed, 1) == 0)
                Release();
        }
    }

    private sealed class Writer(ConsoleStream stream, TextWriter original) : TextWriter
    {
        public override Encoding Encoding => original.Encoding;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine(string? value) => Write(value + NewLine);

        public override void WriteLine(ReadOnlySpan<char> buffer) => Write(string.Concat(buffer, NewLine));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (CellScope.Current is { } cell)
                cell.Write(stream, buffer);
            else
                original.Write(buffer);
        }

        public override void Flush()
        {
            if (CellScope.Current is { } cell)
                cell.FlushConsole();
            else
                original.Flush();
        }
    }

    private sealed class Reader(TextReader original) : TextReader
    {
        private string rest = "";

        public override int Peek() =>
            CellScope.Current is null ? original.Peek()
            : Fill() ? rest[0]
            : -1;

        public override int Read()
        {
            if (CellScope.Current is null)
                return original.Read();
            if (!Fill())
                return -1;
            var c = rest[0];
            rest = rest[1..];
            return c;
        }

        public override string? ReadLine() => CellScope.Current is { } cell ? cell.ReadLine() : original.ReadLine();

        private bool Fill()
        {
            if (rest.Length == 0 && CellScope.Current!.ReadLine() is { } line)
                rest = line + "\n";
            return rest.Length > 0;
        }
    }
}
