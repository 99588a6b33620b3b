using System.Net;
using System.Net.Sockets;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>Ports for servers that tests start.</summary>
/// <remarks>
/// Between the choice of a port and its server's start, the system could give the same one to another socket. These lie below the
/// ports that it gives away by itself (from 32,768 on Linux, 49,152 elsewhere), and this process takes none twice.
/// </remarks>
internal static class LocalPorts
{
    private const int First = 20_000;
    private const int Count = 12_000;
    private static int taken = Random.Shared.Next(Count);

    /// <summary>A port on which nobody listens.</summary>
    public static int Next()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref taken) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException) { } // somebody else's
        }
        throw new InvalidOperationException($"Every port from {First} to {First + Count - 1} is taken.");
    }
}
