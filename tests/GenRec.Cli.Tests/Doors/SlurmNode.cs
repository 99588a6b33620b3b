using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace GenRec.Cli.Tests.Doors;

/// <summary>Slurm on this one machine, as Debian's slurm-wlm brings it: a controller and a node, on free ports, nothing installed.</summary>
internal sealed class SlurmNode : IDisposable
{
    private readonly List<Process> daemons = [];
    private readonly string folder = Directory.CreateTempSubdirectory("genrec-slurm-").FullName;

    private SlurmNode() { }

    /// <summary>The configuration that clients find through SLURM_CONF.</summary>
    public string Config => Path.Combine(folder, "slurm.conf");

    /// <summary>Starts both; skips the test where that cannot be.</summary>
    public static async Task<SlurmNode> StartAsync()
    {
        string[] programs = ["/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch"];
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && programs.All(File.Exists),
            "Needs Slurm (Debian: apt-get install slurm-wlm) and root, which its daemons run as."
        );
        var node = new SlurmNode();
        try
        {
            await node.BeginAsync();
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var daemon in daemons)
        {
            if (!daemon.HasExited)
                daemon.Kill(entireProcessTree: true);
            daemon.WaitForExit();
            daemon.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    private async Task BeginAsync()
    {
        var host = Dns.GetHostName().Split('.')[0];
        foreach (var name in new[] { "state", "spool" })
            Directory.CreateDirectory(Path.Combine(folder, name));
        File.WriteAllText(
            Config,
            $"""
            ClusterName=genrec
            SlurmctldHost={host}(127.0.0.1)
            AuthType=auth/none
            CredType=cred/none
            SlurmUser=root
            SlurmdUser=root
            SlurmctldPort={FreePort()}
            SlurmdPort={FreePort()}
            StateSaveLocation={folder}/state
            SlurmdSpoolDir={folder}/spool
            SlurmctldPidFile={folder}/slurmctld.pid
            SlurmdPidFile={folder}/slurmd.pid
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SchedulerParameters=sched_interval=1
            ReturnToService=2
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            NodeName={host} NodeAddr=127.0.0.1 CPUs={Environment.ProcessorCount} State=UNKNOWN
            PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """
        );
        daemons.Add(Daemon("/usr/sbin/slurmctld"));
        daemons.Add(Daemon("/usr/sbin/slurmd"));
        for (var waited = 0; !await IsIdleAsync(); waited++)
        {
            Assert.True(waited < 100 && daemons.TrueForAll(one => !one.HasExited), "Slurm's node did not come up.");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    private Process Daemon(string program)
    {
        var daemon = Process.Start(
            new ProcessStartInfo(program, ["-D", "-f", Config])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        daemon.OutputDataReceived += (_, _) => { }; // read, so that no pipe fills up
        daemon.ErrorDataReceived += (_, _) => { };
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        return daemon;
    }

    private async Task<bool> IsIdleAsync()
    {
        var start = new ProcessStartInfo("/usr/bin/sinfo", ["--noheader", "--format=%T"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SLURM_CONF"] = Config;
        using var sinfo = Process.Start(start)!;
        var error = sinfo.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await sinfo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await error;
        return output.Contains("idle", StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
