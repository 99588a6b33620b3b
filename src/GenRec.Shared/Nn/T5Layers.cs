using GenRec.Shared.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace GenRec.Shared.Nn;

/// <summary>T5's feed-forward network: wide, ReLU, narrow; no bias.</summary>
internal sealed partial class T5FeedForward : Module<Tensor, Tensor>
{
    private readonly Linear wide;
    private readonly Linear narrow;
    private readonly SeededDropout dropout;
    private readonly Precision precision;

    public T5FeedForward(T5Options options)
        : base(nameof(T5FeedForward))
    {
        (wide, narrow) = (
            Linear(options.Width, options.FeedForward, hasBias: false),
            Linear(options.FeedForward, options.Width, hasBias: false)
        );
        (dropout, precision) = (new SeededDropout(options.Dropout), options.Precision);
        RegisterComponents();
        using var quiet = no_grad();
        init.normal_(wide.weight!, 0, Math.Pow(options.Width, -0.5));
        init.normal_(narrow.weight!, 0, Math.Pow(options.FeedForward, -0.5));
    }

    /// <summary><c>[.., D]</c> to <c>[.., D]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        var inner = F.relu(Products.Linear(x, wide.weight!, null, precision), inplace: true);
        return Products.Linear(dropout.training ? dropout.forward(inner) : inner, narrow.weight!, null, precision);
    }
}

/// <summary>An encoder layer: attention, then feed-forward, each behind a norm and beside a residual.</summary>
internal sealed partial class T5EncoderLayer : Module<Tensor, Tensor, Tensor>
{
    private readonly RmsNorm attentionNorm;
    private readonly T5SelfAttention attention;
    private readonly RmsNorm feedForwardNorm;
    private readonly T5FeedForward feedForward;
    private readonly SeededDropout attentionDropout;
    private readonly SeededDropout feedForwardDropout;

    public T5EncoderLayer(T5Options options)
        : base(nameof(T5EncoderLayer))
    {
        (attentionNorm, feedForwardNorm) = (new RmsNorm(options.Width), new RmsNorm(options.Width));
        (attention, feedForward) = (new T5SelfAttention(options), new T5FeedForward(options));
        (attentionDropout, feedForwardDropout) = (
            new SeededDropout(options.Dropout),
            new SeededDropout(options.Dropout)
        );
        RegisterComponents();
    }

    /// <summary><c>[R, W, D]</c> and a bias for <c>[R, H, W, W]</c> to <c>[R, W, D]</c>.</summary>
    public override Tensor forward(Tensor x, Tensor bias)
    {
        using var scope = NewDisposeScope();
        x = x + attentionDropout.forward(attention.forward(attentionNorm.forward(x), bias));
        x = x + feedForwardDropout.forward(feedForward.forward(feedForwardNorm.forward(x)));
        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>A decoder layer: self-attention, attention to the encoder where there is one, feed-forward.</summary>
internal sealed partial class T5DecoderLayer : nn.Module
{
    private readonly RmsNorm selfNorm;
    private readonly T5SelfAttention self;
    private readonly RmsNorm? crossNorm;
    private readonly T5CrossAttention? cross;
    private readonly RmsNorm feedForwardNorm;
    private readonly Module<Tensor, Tensor> feedForward; // one network, or many experts
    private readonly SeededDropout selfDropout;
    private readonly SeededDropout? crossDropout;
    private readonly SeededDropout feedForwardDropout;

    public T5DecoderLayer(T5Options options, bool readsEncoder)
        : base(nameof(T5DecoderLayer))
    {
        (selfNorm, feedForwardNorm) = (new RmsNorm(options.Width), new RmsNorm(options.Width));
        (self, feedForward) = (new T5SelfAttention(options), FeedForward(options));
        (selfDropout, feedForwardDropout) = (new SeededDropout(options.Dropout), new SeededDropout(options.Dropout));
        if (readsEncoder)
            (crossNorm, cross, crossDropout) = (
                new RmsNorm(options.Width),
                new T5CrossAttention(options),
                new SeededDropout(options.Dropout)
            );
        RegisterComponents();
    }

    /// <summary>The layer's experts; null where one network serves all tokens.</summary>
    public MixtureOfExperts? Experts => feedForward as MixtureOfExperts;

    /// <summary>Keys and values of the encoder's states for this layer.</summary>
    public (Tensor Keys, Tensor Values) Remember(Tensor states, Tensor cells) => cross!.Remember(states, cells);

    /// <summary>All positions at once, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
    public Tensor Run(Tensor x, Tensor bias, T5Memory? memory, int layer)
    {
        using var scope = NewDisposeScope();
        x = x + selfDropout.forward(self.forward(selfNorm.forward(x), bias));
        return Rest(x, memory, layer).MoveToOuterDisposeScope();
    }

    /// <summary>The same, with the keys and values of self-attention.</summary>
    public (Tensor X, Tensor Keys, Tensor Values) RunPrompt(Tensor x, Tensor bias, int layer)
    {
        using var scope = NewDisposeScope();
        var (mixed, keys, values) = self.WithPrompt(selfNorm.forward(x), bias);
        var result = Rest(x + mixed, null, layer);
        return (
            result.MoveToOuterDisposeScope(),
            keys.MoveToOuterDisposeScope(),
            values.contiguous().MoveToOuterDisposeScope()
        );
    }

    /// <summary>One new position of each beam, <c>[B, W, D]</c> to <c>[B, W, D]</c>.</summary>
    public Tensor Step(Tensor x, Tensor bias, T5Memory? memory, T5Cache cache, int layer)
    {
        using var scope = NewDisposeScope();
        x = x + self.Step(selfNorm.forward(x), bias, cache, layer);
        return Rest(x, memory, layer).MoveToOuterDisposeScope();
    }

    /// <summary>Takes a position of each beam into the cache, <c>[B, W, D]</c>.</summary>
    public void Read(Tensor x, T5Cache cache, int layer) => self.Read(selfNorm.forward(x), cache, layer);

    private Tensor Rest(Tensor x, T5Memory? memory, int layer)
    {
        if (cross is not null)
        {
            var (keys, values) = memory![layer];
            x = x + crossDropout!.forward(cross.forward(crossNorm!.forward(x), keys, values, memory.Mask));
        }
        return x + feedForwardDropout.forward(feedForward.forward(feedForwardNorm.forward(x)));
    }

    private static Module<Tensor, Tensor> FeedForward(T5Options options) =>
        options.Experts == 0
            ? new T5FeedForward(options)
            : new MixtureOfExperts(
                new MixtureSizes(
                    options.Width,
                    options.FeedForward,
                    options.Experts,
                    options.ActiveExperts,
                    options.RenormaliseGates,
                    options.Dropout,
                    options.Precision
                )
            );
}
