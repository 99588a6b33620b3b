namespace GenRec.Shared.Tests;

/// <summary>Tests that seed torch's generator and expect its numbers run alone: the whole process shares it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchGenerator
{
    public const string Name = "torch's generator";
}
