using System.ComponentModel.DataAnnotations;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Alignment;

/// <summary>The losses of OneRec's Table 1 (arXiv:2502.18965), section 5.2.</summary>
public enum PreferenceKind
{
    /// <summary><see cref="Alignment.Dpo"/>, OneRec's own.</summary>
    Dpo,

    /// <summary><see cref="Alignment.Ipo"/>.</summary>
    Ipo,

    /// <summary><see cref="ConservativeDpo"/>.</summary>
    CDpo,

    /// <summary><see cref="RobustDpo"/>.</summary>
    RDpo,

    /// <summary><see cref="Alignment.Cpo"/>.</summary>
    Cpo,

    /// <summary><see cref="Alignment.SimPo"/>.</summary>
    SimPo,

    /// <summary><see cref="SoftmaxDpo"/>.</summary>
    SDpo,
}

/// <summary>A preference loss by name, and the options it has; those of another loss are refused instead of passed over.</summary>
public sealed record PreferenceOptions : RichRecord
{
    /// <summary>Which loss.</summary>
    public PreferenceKind Loss { get; init; }

    /// <summary>beta (tau of IPO); null: the loss's own default, see <see cref="PreferenceLoss.Beta"/>.</summary>
    [Range(1e-6, 1e6)]
    public double? Beta { get; init; }

    /// <summary>eps of cDPO and rDPO; null: the default, see <see cref="ConservativeDpo.Noise"/>.</summary>
    [Range(0.0, 0.499)]
    public double? Noise { get; init; }

    /// <summary>Weight of the winner's likelihood in CPO; null: the default, see <see cref="Alignment.Cpo.Likelihood"/>.</summary>
    [Range(0.0, 1e6)]
    public double? Likelihood { get; init; }

    /// <summary>gamma of SimPO; null: the default, see <see cref="Alignment.SimPo.Gamma"/>.</summary>
    [Range(0.0, 1e6)]
    public double? Gamma { get; init; }

    /// <summary>Losers of a winner in S-DPO; null: the default, see <see cref="SoftmaxDpo.Losers"/>.</summary>
    [Range(1, 1024)]
    public int? Losers { get; init; }

    /// <summary>Makes the loss.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or is one that the loss does not have.</exception>
    public PreferenceLoss Create()
    {
        OptionRanges.Check(this);
        var isNoisy = Loss is PreferenceKind.CDpo or PreferenceKind.RDpo;
        Refuse(Noise, nameof(Noise), isNoisy, "cDPO and rDPO");
        Refuse(Likelihood, nameof(Likelihood), Loss == PreferenceKind.Cpo, "CPO");
        Refuse(Gamma, nameof(Gamma), Loss == PreferenceKind.SimPo, "SimPO");
        Refuse(Losers, nameof(Losers), Loss == PreferenceKind.SDpo, "S-DPO");
        PreferenceLoss made = Loss switch
        {
            PreferenceKind.Dpo => new Dpo(),
            PreferenceKind.Ipo => new Ipo(),
            PreferenceKind.CDpo => Noise is { } noise ? new ConservativeDpo { Noise = noise } : new ConservativeDpo(),
            PreferenceKind.RDpo => Noise is { } noise ? new RobustDpo { Noise = noise } : new RobustDpo(),
            PreferenceKind.Cpo => Likelihood is { } weight ? new Cpo { Likelihood = weight } : new Cpo(),
            PreferenceKind.SimPo => Gamma is { } gamma ? new SimPo { Gamma = gamma } : new SimPo(),
            PreferenceKind.SDpo => Losers is { } losers ? new SoftmaxDpo { Losers = losers } : new SoftmaxDpo(),
            _ => throw new ArgumentOutOfRangeException(nameof(Loss), Loss, "There is no such loss."),
        };
        return Beta is { } beta ? made with { Beta = beta } : made;
    }

    private void Refuse<T>(T? given, string option, bool has, string whose)
        where T : struct
    {
        if (given is not null && !has)
            throw new ArgumentException($"{option} is {given}, and the loss is {Loss}: it is an option of {whose}.");
    }
}
