using NetMQ;
using NetMQ.Sockets;

namespace GenRec.Notebooks.Kernel.Sockets;

/// <summary>Answers every heartbeat with what it brought, on a thread of its own.</summary>
/// <remarks>A ROUTER rather than a REP: it echoes the whole envelope, and a peer that sends out of turn cannot put it out
/// of step.</remarks>
internal sealed class HeartbeatSocket : IDisposable
{
    private readonly RouterSocket socket;
    private readonly NetMQPoller poller;

    /// <summary>Binds and starts to answer.</summary>
    /// <exception cref="NetMQException">The address cannot be bound.</exception>
    public HeartbeatSocket(string endpoint)
    {
        socket = new RouterSocket();
        SocketLimits.Apply(socket);
        socket.Bind(endpoint);
        socket.ReceiveReady += (_, _) => Echo();
        poller = [socket];
        poller.RunAsync("genrec kernel heartbeat", isBackgroundThread: true);
    }

    /// <summary>Closes.</summary>
    public void Dispose()
    {
        poller.Stop();
        poller.Dispose();
        socket.Dispose();
    }

    private void Echo()
    {
        var frames = new List<byte[]>();
        while (socket.TryReceiveMultipartBytes(TimeSpan.Zero, ref frames))
            socket.TrySendMultipartBytes(TimeSpan.Zero, frames);
    }
}
