using System.Text;
using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;
using GenRec.Notebooks.Kernel.Sockets;

namespace GenRec.Notebooks.Kernel;

/// <summary>Speaks on iopub: the state of the kernel around every request, and what cells show.</summary>
internal sealed class Publisher(PublishSocket socket, MessageCodec codec)
{
    private readonly Lock gate = new();
    private KernelMessage? cell;

    /// <summary>Sends a message to all clients.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="parent">The request that caused it; null for none.</param>
    /// <param name="content">Its content.</param>
    public void Send(string type, KernelMessage? parent, JsonObject content)
    {
        var frames = codec.Encode([Encoding.ASCII.GetBytes(type)], type, parent?.Header, content, out _);
        lock (gate)
            socket.Send(frames);
    }

    /// <summary>Says that the kernel has started.</summary>
    public void Starting() => Status(null, "starting");

    /// <summary>Says that a request is being worked on.</summary>
    public void Busy(KernelMessage request, bool isCell = false)
    {
        lock (gate)
        {
            if (isCell)
                cell = request;
            Status(request, "busy");
        }
    }

    /// <summary>Says that a request is done; nothing that belongs to it comes after.</summary>
    /// <remarks>A question answered while a cell runs would leave front ends with one light for the kernel in the belief
    /// that it rests: the cell's state is said again.</remarks>
    public void Idle(KernelMessage request)
    {
        lock (gate)
        {
            Status(request, "idle");
            if (ReferenceEquals(cell, request))
                cell = null;
            else if (cell is not null)
                Status(cell, "busy");
        }
    }

    private void Status(KernelMessage? parent, string state) =>
        Send("status", parent, new JsonObject { ["execution_state"] = state });
}
