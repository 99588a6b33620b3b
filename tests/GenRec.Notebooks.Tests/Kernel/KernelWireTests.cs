using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace GenRec.Notebooks.Tests.Kernel;

/// <summary>What comes over the wire and is not as it should be.</summary>
public sealed class KernelWireTests(SharedKernel shared) : IClassFixture<SharedKernel>, IDisposable
{
    private readonly KernelClient client = shared.Kernel.AnotherClient();

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData("wrong", "signature is not ours")]
    [InlineData("upper case", "signature is not ours")]
    [InlineData("none", "not signed")]
    [InlineData("replayed", "used before")]
    public void AMessageThatIsNotProperlySignedIsDroppedLoggedAndNeverExecuted(string how, string said)
    {
        using var kernel = new TestKernel();
        var cell = new JsonObject { ["code"] = "AppContext.SetData(\"GenRec.Tests.Ran\", 1);" };
        var frames = kernel.Client.Frames("execute_request", cell, null, out _);
        if (how == "replayed")
        {
            frames = kernel.Client.Frames(
                "execute_request",
                new JsonObject { ["code"] = "var once = 1;" },
                null,
                out var id
            );
            kernel.Client.Shell.SendMultipartBytes(frames);
            Assert.Equal("ok", kernel.Client.Finish(id).Status);
        }
        var spoiled = how switch
        {
            "wrong" => Encoding.ASCII.GetBytes(new string('0', 64)),
            "upper case" => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(frames[1]).ToUpperInvariant()),
            "none" => [],
            _ => frames[1],
        };
        kernel.Client.Shell.SendMultipartBytes([frames[0], spoiled, .. frames[2..]]);
        kernel.Client.Control.SendMultipartBytes([frames[0], spoiled, .. frames[2..]]);
        Assert.Equal("2", kernel.Client.Execute("1 + 1").ResultText); // it would have come after the dropped one
        Assert.Null(AppContext.GetData("GenRec.Tests.Ran"));
        Assert.DoesNotContain(kernel.Client.Unasked, message => message.Type == "execute_input");
        Assert.Contains(said, kernel.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void TruncatedAndScrambledFramesAreDropped()
    {
        var whole = client.Frames("execute_request", new JsonObject { ["code"] = "1" }, null, out _);
        foreach (var socket in new[] { client.Shell, client.Control, client.Stdin })
        {
            for (var kept = 1; kept < whole.Length; kept++)
                socket.SendMultipartBytes(whole[..kept]);
            socket.SendMultipartBytes(whole[1..]);
            socket.SendMultipartBytes([
                [],
                [],
                [],
                [],
                [],
                [],
                [],
            ]);
            var random = new Random(7);
            for (var i = 0; i < 200; i++)
            {
                var frames = whole.Select(frame => (byte[])frame.Clone()).ToArray();
                for (var spoiled = 0; spoiled < 3; spoiled++)
                {
                    var frame = frames[random.Next(frames.Length)];
                    frame[random.Next(frame.Length)] ^= (byte)random.Next(1, 256);
                }
                socket.SendMultipartBytes(frames[..random.Next(1, frames.Length + 1)]);
            }
        }
        Assert.Equal("2", client.Execute("1 + 1").ResultText);
        Assert.Equal("ok", client.Ask("kernel_info_request", channel: client.Control).Status);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("""{ "code": "1", "code": "2" }""")]
    [InlineData("""{ "a": """)]
    public void ASignedMessageWithoutProperJsonIsDropped(string content)
    {
        client.Shell.SendMultipartBytes(client.FramesOf(Encoding.UTF8.GetBytes(content)));
        client.Shell.SendMultipartBytes(client.FramesOf(Encoding.UTF8.GetBytes("{}"), header: content));
        Assert.Equal("2", client.Execute("1 + 1").ResultText);
    }

    [Fact]
    public async Task WhatIsNoZeroMqAtAllDoesNoHarm()
    {
        var address = shared.Kernel.Address;
        byte[][] rubbish =
        [
            Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            new byte[5000],
            // A ZMTP 3.0 greeting, then a frame that claims to be 2^62 bytes long.
            [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0, .. "NULL"u8, .. new byte[48], 0x02, 0x40, 0, 0, 0, 0, 0, 0, 0],
            // A ZMTP 1.0 frame of the same kind.
            [0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        foreach (var port in new[] { address.Shell, address.Control, address.Stdin, address.Iopub, address.Heartbeat })
        foreach (var bytes in rubbish)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            await tcp.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken);
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }
        Assert.Equal("2", client.Execute("1 + 1").ResultText);
        Assert.Equal("ok", client.Ask("kernel_info_request", channel: client.Control).Status);
    }

    [Fact]
    public void TenThousandRapidRequestsAreAllAnsweredInOrder()
    {
        var complete = new JsonObject { ["code"] = "var x = 1;" };
        var ids = new List<string>();
        for (var i = 0; i < 10_000; i++)
            ids.Add(
                i % 2 == 0
                    ? client.Send(client.Shell, "kernel_info_request", [])
                    : client.Send(client.Shell, "is_complete_request", complete)
            );
        Assert.Equal(ids, ids.Select(_ => client.Receive(client.Shell).ParentId));
        client.WaitFor(message => message.ParentId == ids[^1] && KernelClient.IsState(message, "idle"));
        Assert.Equal(20_000, client.Unasked.Count(message => ids.Contains(message.ParentId!)));
    }

    [Fact]
    public void TwoKernelsAtOnceDoNotMix()
    {
        using var other = new TestKernel();
        client.Execute("var where = \"here\";");
        other.Client.Execute("var where = \"there\";");
        const string Loop = "for (var i = 0; i < 200; i++) { Console.WriteLine(where); Thread.Sleep(1); }";
        var (mine, theirs) = (client.SendCell(Loop), other.Client.SendCell(Loop));
        var (one, two) = (client.Finish(mine), other.Client.Finish(theirs));
        Assert.Equal(string.Concat(Enumerable.Repeat("here\n", 200)), one.Stream());
        Assert.Equal(string.Concat(Enumerable.Repeat("there\n", 200)), two.Stream());
    }

    [Fact]
    public void TwoClientsHearEachOther()
    {
        using var second = shared.Kernel.AnotherClient();
        var cell = client.Execute("\"for all\"");
        var heard = second.WaitFor(message => message.Type == "execute_result");
        Assert.Equal("for all", heard.Content["data"]!["text/plain"]!.GetValue<string>());
        Assert.Equal(heard.ParentId, cell.Reply.ParentId);
        Assert.Null(second.TryReceive(second.Shell, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void TheHeartGoesOnBeatingUnderACellThatTakesTheProcessor()
    {
        var id = client.SendCell(
            "var until = Environment.TickCount64 + 2000; Parallel.For(0, 64, _ => { while (Environment.TickCount64 < until) { } });"
        );
        using var heart = new RequestSocket();
        heart.Options.Linger = TimeSpan.Zero;
        heart.Connect($"tcp://127.0.0.1:{shared.Kernel.Address.Heartbeat}");
        for (var beat = 0; beat < 20; beat++)
        {
            heart.SendFrame($"ping {beat}");
            Assert.True(heart.TryReceiveFrameString(KernelClient.Patience, out var echo));
            Assert.Equal($"ping {beat}", echo);
        }
        Assert.Equal("ok", client.Ask("kernel_info_request", channel: client.Control).Status);
        Assert.Equal("ok", client.Finish(id).Status);
    }
}
