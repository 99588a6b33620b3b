using GenRec.Shared.Display;
using GenRec.Shared.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenRec.Shared.Training;

/// <summary>Adam (Kingma and Ba, ICLR 2015) and AdamW, updating all parameters in one fused call.</summary>
/// <remarks>
/// The fused kernel is four to five times faster than TorchSharp's loop over single operators on the CPU. Where libtorch
/// has no fused kernel for the device, the same update runs on plain operators over the same state.
/// </remarks>
public sealed class FusedAdam : RichObject, IDisposable
{
    private readonly AdamOptions options;
    private readonly Group[] groups;
    private readonly Tensor steps; // one count per parameter: those without a gradient in a step do not advance
    private readonly Scalar one = 1f; // a temporary number may be freed during the call that takes it
    private bool fused;

    /// <summary>Makes an optimizer whose state is zero.</summary>
    /// <param name="groups">Parameter groups; no parameter may occur twice.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <param name="fused">False uses plain operators even where the fused kernel is there.</param>
    /// <exception cref="ArgumentException">No parameters, one twice, two of one name, or on different devices.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public FusedAdam(IEnumerable<ParameterGroup> groups, AdamOptions? options = null, bool fused = true)
    {
        ArgumentNullException.ThrowIfNull(groups);
        this.options = options ?? new AdamOptions();
        OptionRanges.Check(this.options);
        var given = groups.ToArray();
        Names = [.. given.SelectMany(group => group.Parameters.Select(p => p.Name))];
        Check(given);
        using var _ = no_grad();
        var device = given.SelectMany(group => group.Parameters).First().Value.device;
        steps = zeros(Names.Count, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        var index = 0;
        this.groups = [.. given.Select(group => new Group(group, steps, ref index))];
        this.fused = fused && FusedKernels.Instance is not null;
    }

    /// <summary>All parameters of a module as one group.</summary>
    public FusedAdam(nn.Module module, AdamOptions? options = null)
        : this([ParameterGroup.All(module)], options) { }

    /// <summary>Names of the parameters, group after group.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether updates go through libtorch's fused kernel.</summary>
    public bool IsFused => fused;

    /// <summary>All parameters, group after group.</summary>
    public IEnumerable<Parameter> Parameters => groups.SelectMany(group => group.Parameters);

    /// <summary>The gradients there are, in the order of <see cref="Parameters"/>; owned by the caller.</summary>
    public Tensor[] Gradients() => [.. Parameters.Select(p => p.grad).OfType<Tensor>()];

    /// <summary>One update of every parameter that has a gradient.</summary>
    /// <param name="learningRate">Multiplied by each group's factor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The learning rate is negative or not finite.</exception>
    public void Step(double learningRate) => Step(learningRate, inHalves: false);

    /// <summary>The same update, with half of the numbers on each of two threads where <paramref name="inHalves"/> says so.</summary>
    internal void Step(double learningRate, bool inHalves)
    {
        if (!double.IsFinite(learningRate) || learningRate < 0)
            throw new ArgumentOutOfRangeException(
                nameof(learningRate),
                learningRate,
                "Need a finite rate of at least 0."
            );
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var group in groups)
        {
            var lists = group.WithGradients();
            if (lists.Parameters.Length == 0)
                continue;
            if (lists.Parameters.Length == group.Parameters.Length)
                group.AllSteps.add_(one, one);
            else
                foreach (var step in lists.Steps)
                    step.add_(one, one);
            var rate = learningRate * group.Source.LearningRateFactor;
            var decay = group.Source.WeightDecay ?? options.WeightDecay;
            if (!inHalves || lists.Parameters.Length == 1)
            {
                Update(lists, rate, decay);
                continue;
            }
            var (first, second) = Halves.Of(lists.Parameters);
            SideBySide.Run(
                () => Update(lists.Pick(first), rate, decay),
                () =>
                {
                    using var none = no_grad();
                    using var inner = NewDisposeScope();
                    Update(lists.Pick(second), rate, decay);
                }
            );
        }
    }

    /// <summary>Forgets all gradients; the next backward pass writes new ones instead of adding.</summary>
    public void ZeroGrad()
    {
        foreach (var parameter in Parameters)
            parameter.grad = null;
    }

    /// <summary>The state by name: <c>step</c> <c>[parameters]</c>, and <c>first/NAME</c> and <c>second/NAME</c> in the parameter's shape.</summary>
    /// <returns>The optimizer's own tensors; they change with the next step and must not be disposed.</returns>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        var state = new Dictionary<string, Tensor> { ["step"] = steps };
        foreach (var group in groups)
            for (var i = 0; i < group.Parameters.Length; i++)
            {
                state["first/" + group.Source.Parameters[i].Name] = group.First[i];
                state["second/" + group.Source.Parameters[i].Name] = group.Second[i];
            }
        return state;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in groups)
            group.Dispose();
        steps.Dispose();
        one.Dispose();
    }

    private void Update(AdamLists lists, double learningRate, double decay)
    {
        if (fused)
            try
            {
                FusedKernels.Instance!.Adam(lists, learningRate, options, decay);
                return;
            }
            catch (System.Runtime.InteropServices.ExternalException noKernel)
                when (noKernel.Message.Contains("_fused_adam", StringComparison.Ordinal))
            {
                fused = false; // thrown before any parameter was touched: this device has no such kernel
            }
        for (var i = 0; i < lists.Parameters.Length; i++)
            UpdateOne(lists, i, learningRate, decay);
    }

    // Algorithm 1 of Kingma and Ba, with the decay of Algorithm 2 of Loshchilov and Hutter.
    private void UpdateOne(AdamLists lists, int i, double learningRate, double decay)
    {
        using var scope = NewDisposeScope();
        var (weight, gradient, step) = (lists.Parameters[i], lists.Gradients[i], lists.Steps[i]);
        var (first, second) = (lists.First[i], lists.Second[i]);
        using Scalar shrink = 1 - learningRate * decay,
            l2 = decay;
        using Scalar beta1 = options.Beta1,
            beta2 = options.Beta2;
        using Scalar freshMean = 1 - options.Beta1,
            freshSquare = 1 - options.Beta2;
        if (decay != 0 && options.Decoupled)
            weight.mul_(shrink);
        else if (decay != 0)
            gradient = gradient.add(weight, l2);
        first.mul_(beta1).add_(gradient, freshMean);
        second.mul_(beta2).addcmul_(gradient, gradient, freshSquare);
        var count = step.item<float>();
        var (correction1, correction2) = (1 - Math.Pow(options.Beta1, count), 1 - Math.Pow(options.Beta2, count));
        using Scalar root = Math.Sqrt(correction2),
            epsilon = options.Epsilon,
            move = -learningRate / correction1;
        weight.addcdiv_(first, (second.sqrt() / root).add_(epsilon, one), move);
    }

    private void Check(ParameterGroup[] given)
    {
        if (Names.Count == 0)
            throw new ArgumentException(
                "The groups hold no parameters; is requires_grad off, or was RegisterComponents not called?"
            );
        if (Names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"Parameter '{twice.Key}' is in the groups {twice.Count()} times.");
        var all = given.SelectMany(group => group.Parameters).ToArray();
        if (all.GroupBy(p => p.Value.Handle).FirstOrDefault(same => same.Count() > 1) is { } shared)
            throw new ArgumentException($"'{string.Join("' and '", shared.Select(p => p.Name))}' are one tensor.");
        if (
            all.FirstOrDefault(p => p.Value.device.ToString() != all[0].Value.device.ToString()) is
            { Value: { } stray } other
        )
            throw new ArgumentException(
                $"'{other.Name}' is on {stray.device}, '{all[0].Name}' on {all[0].Value.device}."
            );
        if (
            given.FirstOrDefault(group => group.LearningRateFactor is not (>= 0 and < double.PositiveInfinity)) is
            { } odd
        )
            throw new ArgumentException(
                $"Group '{odd.Name}' has learning rate factor {odd.LearningRateFactor}, need 0 or more."
            );
    }

    private sealed class Group : IDisposable
    {
        public Group(ParameterGroup source, Tensor steps, ref int index)
        {
            Source = source;
            Parameters = [.. source.Parameters.Select(p => p.Value)];
            First = [.. Parameters.Select(Zeros)];
            Second = [.. Parameters.Select(Zeros)];
            AllSteps = steps.narrow(0, index, Parameters.Length).DetachFromDisposeScope();
            Steps = new Tensor[Parameters.Length];
            for (var i = 0; i < Steps.Length; i++)
                Steps[i] = steps.select(0, index++).DetachFromDisposeScope();

            static Tensor Zeros(Parameter p) => zeros_like(p, requires_grad: false).DetachFromDisposeScope();
        }

        public ParameterGroup Source { get; }
        public Parameter[] Parameters { get; }
        public Tensor[] First { get; }
        public Tensor[] Second { get; }
        public Tensor[] Steps { get; }
        public Tensor AllSteps { get; }

        public AdamLists WithGradients()
        {
            var gradients = Parameters.Select(p => p.grad).ToArray();
            if (gradients.All(g => g is not null))
                return new AdamLists(Parameters, gradients!, First, Second, Steps);
            var there = Enumerable.Range(0, gradients.Length).Where(i => gradients[i] is not null).ToArray();
            return new AdamLists(Parameters, gradients!, First, Second, Steps).Pick(there);
        }

        public void Dispose()
        {
            foreach (var tensor in First.Concat(Second).Concat(Steps).Append(AllSteps))
                tensor.Dispose();
        }
    }
}
