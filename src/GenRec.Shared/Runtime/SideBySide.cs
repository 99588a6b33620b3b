using System.Diagnostics;
using static TorchSharp.torch;

namespace GenRec.Shared.Runtime;

/// <summary>Runs two pieces of work on two threads, each of whose operators keep to their thread.</summary>
/// <remarks>
/// Small and middling operators lose much of a second thread to waiting for each other. Where work falls into two independent
/// halves, a thread for each half wins: no operator waits.
/// </remarks>
internal static class SideBySide
{
    // A thread that sleeps takes as long to wake as a small piece of work takes, and one piece follows another closely.
    private static readonly long patience = Stopwatch.Frequency / 2_000;
    private static readonly Lock busy = new();
    private static readonly SemaphoreSlim asked = new(0);
    private static readonly SemaphoreSlim done = new(0);
    private static Thread? companion;
    private static Action? work;
    private static int isTaken; // 1: one of the threads has begun the work, or there is none
    private static Exception? problem;

    /// <summary>Runs both; one after the other where torch may use one thread, or where a second caller comes meanwhile.</summary>
    /// <param name="first">Runs on the caller's thread; where it fails, the second may not run at all.</param>
    /// <param name="second">
    /// Runs on another thread, where no gradient mode, dispose scope or dropout stream of the caller's is, or on the caller's if that
    /// thread has not begun when the first half is over.
    /// </param>
    public static void Run(Action first, Action second)
    {
        var threads = get_num_threads();
        if (threads < 2 || !busy.TryEnter())
        {
            first();
            second();
            return;
        }
        try
        {
            set_num_threads(1); // for this thread's operators, and for those of threads that start now
            Hand(second);
            var isDone = false;
            try
            {
                first();
                isDone = true;
            }
            finally
            {
                // On a busy machine the other thread may not even have started.
                if (Interlocked.Exchange(ref isTaken, 1) == 1)
                    Await(done);
                else if (isDone)
                    second();
            }
            if (Interlocked.Exchange(ref problem, null) is { } failed)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }
        finally
        {
            set_num_threads(threads);
            busy.Exit();
        }
    }

    private static void Hand(Action second)
    {
        (work, problem) = (second, null);
        Volatile.Write(ref isTaken, 0);
        if (companion is null)
        {
            companion = new Thread(Serve) { IsBackground = true, Name = "operators beside the caller's" };
            companion.Start();
        }
        asked.Release();
    }

    private static void Await(SemaphoreSlim signal)
    {
        var until = Stopwatch.GetTimestamp() + patience;
        while (signal.CurrentCount == 0 && Stopwatch.GetTimestamp() < until)
            Thread.SpinWait(10);
        signal.Wait();
    }

    private static void Serve()
    {
        set_num_threads(1);
        while (true)
        {
            Await(asked);
            if (Interlocked.Exchange(ref isTaken, 1) == 1)
                continue; // the caller was faster
            try
            {
                work!();
            }
            catch (Exception failed)
            {
                problem = failed;
            }
            work = null;
            done.Release();
        }
    }
}
