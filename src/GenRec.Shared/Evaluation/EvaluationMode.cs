using TorchSharp;

namespace GenRec.Shared.Evaluation;

/// <summary>Puts a model that is a module in evaluation mode, and back when disposed.</summary>
internal sealed class EvaluationMode : IDisposable
{
    private readonly torch.nn.Module? trained;

    public EvaluationMode(object model)
    {
        trained = model is torch.nn.Module { training: true } module ? module : null;
        trained?.eval();
    }

    public void Dispose() => trained?.train();
}
