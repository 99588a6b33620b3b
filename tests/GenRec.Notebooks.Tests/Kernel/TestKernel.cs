using GenRec.Notebooks.Kernel;
using GenRec.Notebooks.Language;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>A kernel in this process and a client that is connected to it.</summary>
internal sealed class TestKernel : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly StringWriter log = new();

    public TestKernel(TimeSpan? grace = null)
    {
        Address = KernelAddress.Free();
        Server = new KernelServer(
            ConnectionInfo.Read(Address.WriteFile(folder.Path)),
            new KernelOptions
            {
                Folder = folder.Path,
                Language = session => new RoslynLanguageService(session),
                Log = log,
                Grace = grace ?? TimeSpan.FromSeconds(5),
            }
        );
        Client = new KernelClient(Address);
        Client.WaitUntilReady();
    }

    public KernelAddress Address { get; }

    public KernelServer Server { get; }

    public KernelClient Client { get; }

    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Another front end on the same kernel.</summary>
    public KernelClient AnotherClient()
    {
        var client = new KernelClient(Address);
        client.WaitUntilReady();
        return client;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        folder.Dispose();
    }
}
