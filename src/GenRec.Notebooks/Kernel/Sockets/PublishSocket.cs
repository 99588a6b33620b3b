using NetMQ;
using NetMQ.Sockets;

namespace GenRec.Notebooks.Kernel.Sockets;

/// <summary>The PUB socket on a thread of its own: what all clients hear, in the order it was said.</summary>
internal sealed class PublishSocket : IDisposable
{
    private readonly PublisherSocket socket;
    private readonly NetMQQueue<List<byte[]>> outgoing = new();
    private readonly NetMQPoller poller;

    /// <summary>Binds.</summary>
    /// <exception cref="NetMQException">The address cannot be bound.</exception>
    public PublishSocket(string endpoint)
    {
        socket = new PublisherSocket();
        SocketLimits.Apply(socket);
        socket.Bind(endpoint);
        outgoing.ReceiveReady += (_, _) => SendAll();
        poller = [socket, outgoing];
        poller.RunAsync("genrec kernel iopub", isBackgroundThread: true);
    }

    /// <summary>Sends a message; it leaves on the socket's thread.</summary>
    public void Send(List<byte[]> frames) => outgoing.Enqueue(frames);

    /// <summary>Sends what is still waiting and closes.</summary>
    public void Dispose()
    {
        poller.Stop();
        SendAll();
        poller.Dispose();
        outgoing.Dispose();
        socket.Dispose();
    }

    private void SendAll()
    {
        while (outgoing.TryDequeue(out var frames, TimeSpan.Zero))
            socket.TrySendMultipartBytes(TimeSpan.Zero, frames!);
    }
}
