namespace GenRec.Cli;

internal static class Program
{
    private static int Main()
    {
        using var x = TorchSharp.torch.ones(3);
        Console.WriteLine(x.sum().ToString(TorchSharp.TensorStringStyle.Julia));
        return 0;
    }
}
