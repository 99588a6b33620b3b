using NetMQ;

namespace GenRec.Notebooks.Kernel.Sockets;

/// <summary>What all sockets of a kernel have in common.</summary>
internal static class SocketLimits
{
    /// <summary>Largest frame taken from a peer, in bytes: a false length must not ask for all of memory.</summary>
    public const long LargestFrame = 256 << 20;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Sets them.</summary>
    public static void Apply(NetMQSocket socket)
    {
        // Full queues drop messages, and a client waits forever for one that was dropped; output is limited at its source.
        socket.Options.SendHighWatermark = 0;
        socket.Options.ReceiveHighWatermark = 0;
        socket.Options.MaxMsgSize = LargestFrame;
        socket.Options.Linger = Linger;
    }
}
