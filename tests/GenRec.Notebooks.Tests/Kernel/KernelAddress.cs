using System.Text.Json.Nodes;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>Five free ports and a secret.</summary>
internal sealed record KernelAddress(int Shell, int Iopub, int Stdin, int Control, int Heartbeat, string Key)
{
    public static KernelAddress Free() =>
        new(
            LocalPorts.Next(),
            LocalPorts.Next(),
            LocalPorts.Next(),
            LocalPorts.Next(),
            LocalPorts.Next(),
            Guid.NewGuid().ToString()
        );

    /// <summary>Writes the connection file that front ends pass to kernels.</summary>
    public string WriteFile(string folder)
    {
        var path = Path.Combine(folder, $"kernel-{Guid.NewGuid():N}.json");
        var json = new JsonObject
        {
            ["shell_port"] = Shell,
            ["iopub_port"] = Iopub,
            ["stdin_port"] = Stdin,
            ["control_port"] = Control,
            ["hb_port"] = Heartbeat,
            ["ip"] = "127.0.0.1",
            ["key"] = Key,
            ["transport"] = "tcp",
            ["signature_scheme"] = "hmac-sha256",
            ["kernel_name"] = ".net-csharp",
        };
        File.WriteAllText(path, json.ToJsonString());
        return path;
    }
}
