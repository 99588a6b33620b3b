using GenRec.Notebooks.Kernel.Protocol;
using NetMQ;
using NetMQ.Sockets;

namespace GenRec.Notebooks.Kernel.Sockets;

/// <summary>A ROUTER socket on a thread of its own: shell, control or stdin.</summary>
/// <remarks>What is not a message signed with our key is dropped and logged; it reaches nobody.</remarks>
internal sealed class RequestSocket : IDisposable
{
    private const int MostAtOnce = 256; // then outgoing messages have their turn

    private readonly string name;
    private readonly MessageCodec codec;
    private readonly Action<KernelMessage> received;
    private readonly KernelLog log;
    private readonly RouterSocket socket;
    private readonly NetMQQueue<List<byte[]>> outgoing = new();
    private readonly NetMQPoller poller;

    /// <summary>Binds and starts to listen.</summary>
    /// <param name="name">What the log calls it.</param>
    /// <param name="endpoint">The address, such as <c>tcp://127.0.0.1:5000</c>.</param>
    /// <param name="codec">Checks and signs.</param>
    /// <param name="received">Takes each message, on the socket's thread; must not block.</param>
    /// <param name="log">Hears of what was dropped.</param>
    /// <exception cref="NetMQException">The address cannot be bound.</exception>
    public RequestSocket(
        string name,
        string endpoint,
        MessageCodec codec,
        Action<KernelMessage> received,
        KernelLog log
    )
    {
        (this.name, this.codec, this.received, this.log) = (name, codec, received, log);
        socket = new RouterSocket();
        SocketLimits.Apply(socket);
        socket.Bind(endpoint);
        socket.ReceiveReady += (_, _) => Receive();
        outgoing.ReceiveReady += (_, _) => SendAll();
        poller = [socket, outgoing];
        poller.RunAsync($"genrec kernel {name}", isBackgroundThread: true);
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

    private void Receive()
    {
        for (var taken = 0; taken < MostAtOnce; taken++)
        {
            var frames = new List<byte[]>();
            if (!socket.TryReceiveMultipartBytes(TimeSpan.Zero, ref frames))
                return;
            try
            {
                received(codec.Decode(frames));
            }
            catch (MalformedMessageException dropped)
            {
                log.Dropped(name, dropped.Message);
            }
#pragma warning disable CA1031 // Whatever a peer sends, the kernel lives on.
            catch (Exception unexpected)
#pragma warning restore CA1031
            {
                log.Dropped(name, unexpected.ToString());
            }
        }
    }

    private void SendAll()
    {
        while (outgoing.TryDequeue(out var frames, TimeSpan.Zero))
            socket.TrySendMultipartBytes(TimeSpan.Zero, frames!); // to a client that has gone, nothing is sent
    }
}
