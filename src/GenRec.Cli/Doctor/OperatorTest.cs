using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GenRec.Cli.Doctor;

/// <summary>One operator that the library uses, on small numbers that are the same on every device.</summary>
/// <param name="Name">libtorch's name, and what is special about this use.</param>
/// <param name="Compute">Computes on a device; compared with the same on the CPU.</param>
/// <param name="Tolerance">Largest difference, relative to the largest number of the CPU's answer.</param>
internal sealed record OperatorTest(string Name, Func<Device, Tensor> Compute, double Tolerance = 1e-4)
{
    /// <summary>All operators in use.</summary>
    public static IReadOnlyList<OperatorTest> All { get; } =
    [
        new("mm", d => Numbers(d, 8, 6).mm(Numbers(d, 6, 5)), 1e-3),
        new("mm bfloat16", d => Numbers(d, 8, 6).bfloat16().mm(Numbers(d, 6, 5).bfloat16()).@float(), 2e-2),
        new("matmul", d => Numbers(d, 2, 4, 6).matmul(Numbers(d, 6, 3)), 1e-3),
        new("bmm", d => Numbers(d, 2, 4, 6).bmm(Numbers(d, 2, 6, 3)), 1e-3),
        new("addmm", d => addmm(Numbers(d, 4, 5), Numbers(d, 4, 6), Numbers(d, 6, 5), 1, 1), 1e-3),
        new("addmm_", d => zeros(4, 5, device: d).addmm_(Numbers(d, 4, 6), Numbers(d, 6, 5), beta: 0, alpha: 1), 1e-3),
        new("dot", d => Numbers(d, 30).dot(Numbers(d, 30))),
        new("linear", d => functional.linear(Numbers(d, 4, 6), Numbers(d, 3, 6), Numbers(d, 3)), 1e-3),
        new("einsum", d => einsum("bld,bmd->blm", Numbers(d, 2, 3, 4), Numbers(d, 2, 5, 4)), 1e-3),
        new("scaled_dot_product_attention causal", d => Attention(d, null, causal: true), 1e-3),
        new(
            "scaled_dot_product_attention mask",
            d => Attention(d, ones(5, 5, ScalarType.Bool, d).tril(), causal: false),
            1e-3
        ),
        new("layer_norm", d => functional.layer_norm(Numbers(d, 4, 6), [6], Numbers(d, 6), Numbers(d, 6), 1e-8)),
        new("softmax", d => functional.softmax(Numbers(d, 4, 6), -1)),
        new("log_softmax", d => functional.log_softmax(Numbers(d, 4, 6), -1)),
        new("logsumexp", d => Numbers(d, 4, 6).logsumexp(-1)),
        new("cross_entropy", d => functional.cross_entropy(Numbers(d, 4, 6), Ids(d, 4, 6))),
        new(
            "binary_cross_entropy_with_logits",
            d => functional.binary_cross_entropy_with_logits(Numbers(d, 6), Ids(d, 6, 2).@float())
        ),
        new("softplus", d => functional.softplus(Numbers(d, 6))),
        new("logsigmoid", d => functional.logsigmoid(Numbers(d, 6))),
        new("relu", d => functional.relu(Numbers(d, 6))),
        new("gelu", d => functional.gelu(Numbers(d, 6))),
        new("silu", d => functional.silu(Numbers(d, 6))),
        new("sigmoid, exp, log, sqrt, rsqrt", d => (Numbers(d, 6).sigmoid().exp().log() + 1).sqrt().rsqrt()),
        new(
            "clamp, clamp_min, reciprocal, expm1, cos",
            d => (Numbers(d, 6).clamp(-0.5, 0.5).clamp_min(-0.4) + 2).reciprocal().expm1().cos()
        ),
        new("add_, sub_, mul_, div_, clamp_max_", d => Numbers(d, 6).add_(3).sub_(1).mul_(2).div_(3).clamp_max_(1)),
        new("addcmul_, addcdiv_", AddProducts),
        new("copy_, zero_, zeros_like, empty_like", Copies),
        new("normal_, xavier_normal_", Draws),
        new("dropout", d => functional.dropout(Numbers(d, 6), 0.5, training: false)),
        new("index_select", d => Numbers(d, 7, 3).index_select(0, Ids(d, 9, 7))),
        new("index_add_", d => zeros(7, 3, device: d).index_add_(0, Ids(d, 9, 7), Numbers(d, 9, 3), 1)),
        new("index_copy_", d => zeros(7, 3, device: d).index_copy_(0, Ids(d, 3, 7), Numbers(d, 3, 3))),
        new("index_copy", d => zeros(7, 3, device: d).index_copy(0, Ids(d, 3, 7), Numbers(d, 3, 3))),
        new("index_fill_", d => zeros(7, 3, device: d).index_fill_(0, Ids(d, 3, 7), 2)),
        new("gather", d => Numbers(d, 4, 6).gather(1, Ids(d, 4, 6).unsqueeze(1))),
        new("scatter_", d => zeros(4, 6, device: d).scatter_(1, Ids(d, 4, 6).unsqueeze(1), Numbers(d, 4, 1))),
        new("scatter_add_", d => zeros(4, 6, device: d).scatter_add_(1, Ids(d, 4, 6).unsqueeze(1), Numbers(d, 4, 1))),
        new("where", d => where(Numbers(d, 6) > 0, Numbers(d, 6), zeros(6, device: d))),
        new("masked_fill", d => Numbers(d, 4, 6).masked_fill(Numbers(d, 4, 6) > 0, -1)),
        new(
            "masked_fill_, logical_and_",
            d => Numbers(d, 24).masked_fill_((Numbers(d, 24) > 0).logical_and_(Numbers(d, 24) < 0.5), -1)
        ),
        new("masked_select", d => Numbers(d, 24).masked_select(Numbers(d, 24) > 0)),
        new("nonzero", d => (Numbers(d, 24) > 0).nonzero()),
        new("topk", d => Numbers(d, 4, 24).topk(5).values),
        new("sort", d => Numbers(d, 24).sort(descending: true).Values),
        new("argsort", d => Numbers(d, 24).argsort()),
        new("cumsum", d => Numbers(d, 4, 6).cumsum(1)),
        new(
            "sum, mean, amax, norm",
            d => Numbers(d, 4, 6).sum(dim: 1) + Numbers(d, 4, 6).mean([1]) + Numbers(d, 4, 6).amax([1])
        ),
        new(
            "cat, stack, transpose",
            d => cat([stack([Numbers(d, 3), Numbers(d, 3)]).transpose(0, 1), Numbers(d, 3, 2)])
        ),
        new("chunk, narrow, select, squeeze, expand, reshape, view_as, contiguous, clone, detach", Shapes),
        new("arange, tril, triu, eye", d => arange(16, device: d).view(4, 4).tril() + eye(4, device: d)),
        new("bucketize", d => bucketize(Numbers(d, 6), linspace(-1, 1, 5, device: d))),
        new("argmax, bincount, any", d => Numbers(d, 4, 6).argmax(1).bincount(null, 0).any()),
        new("cdist, mv, mse_loss", Distances, 1e-3),
        new("eigh, svd, qr", Decompositions, 1e-3),
        new(
            "clamp_, clamp_max, fill_, log_, log1p, rsqrt_, neg, neg_, sign, pow, nan_to_num",
            d =>
                ((Numbers(d, 6).clamp_(-0.5, 0.5) + 2).log_().log1p().clamp_max(1).pow(2).neg().neg_() + 1)
                    .rsqrt_()
                    .nan_to_num()
                + Numbers(d, 6).sign()
                + Numbers(d, 6).fill_(1)
        ),
        new("eq, ge, gt, le, lt, logical_and, logical_not, logical_or, logical_or_", Comparisons),
        new(
            "sigmoid_, min, logical_not_",
            d => Numbers(d, 6).sigmoid_().masked_fill((Numbers(d, 6) > 0).logical_not_(), 0) + Numbers(d, 6).min()
        ),
        new("floor, minimum", d => (Numbers(d, 6) * 3).floor().minimum(Numbers(d, 6))),
        new("clamp_min_, sqrt_", d => Numbers(d, 6).clamp_min_(0.1).sqrt_()),
        new("flatten, split, unbind", d => Numbers(d, 4, 3, 2).split(3)[0].flatten(0, 1).unbind(1)[1]),
        new("div", d => Numbers(d, 6).div(3)),
        new("flip, permute, expand_as, full_like, ones_like", Copied),
        new("normalize", d => functional.normalize(Numbers(d, 4, 6))),
        new("searchsorted", d => searchsorted(linspace(-1, 1, 5, device: d), Numbers(d, 6))),
        new("unique", d => Ids(d, 9, 4).unique().output.sort().Values),
        new("exponential_, multinomial, rand, rand_like, randn, randn_like, zeros_", MoreDraws),
        new("backward", Gradient, 1e-3),
        new("fused_adam_", d => FusedAdam(d, "_fused_adam_")),
        new("fused_adamw_", d => FusedAdam(d, "_fused_adamw_")),
        new("foreach_norm, foreach_mul_", Foreach),
    ];

    /// <summary>Why the operator fails on a device, or null when its answer is that of the CPU.</summary>
    public string? Failure(Device device)
    {
        using var scope = NewDisposeScope();
        try
        {
            var there = Compute(device).cpu().to_type(ScalarType.Float64);
            var here = Compute(CPU).to_type(ScalarType.Float64);
            if (!there.shape.SequenceEqual(here.shape))
                return $"shape [{string.Join(", ", there.shape)}], on the CPU [{string.Join(", ", here.shape)}]";
            if (!there.isfinite().all().item<bool>())
                return "the answer is not finite";
            var scale = Math.Max(1, here.abs().max().item<double>());
            var difference = (there - here).abs().max().item<double>() / scale;
            return difference <= Tolerance ? null : $"differs from the CPU by {difference:G3}, limit {Tolerance:G3}";
        }
        catch (Exception error)
        {
            return error.Message.Split('\n')[0];
        }
    }

    // Without a random generator: numbers in -1..1 that depend on the position only.
    private static Tensor Numbers(Device device, params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return arange(count, dtype: ScalarType.Float32, device: device).mul(0.7).add(0.3).sin().view(shape);
    }

    private static Tensor Ids(Device device, long count, long below) =>
        arange(count, dtype: ScalarType.Int64, device: device).mul(5).remainder(below);

    private static Tensor Attention(Device device, Tensor? mask, bool causal)
    {
        var heads = Numbers(device, 2, 2, 5, 4);
        return functional.scaled_dot_product_attention(heads, heads + 1, heads * 2, mask, 0, causal);
    }

    private static Tensor AddProducts(Device device)
    {
        using Scalar half = 0.5;
        var (left, right) = (Numbers(device, 6), Numbers(device, 6) + 2);
        return zeros(6, device: device).addcmul_(left, right, half).addcdiv_(left, right, half);
    }

    private static Tensor Copies(Device device)
    {
        var source = Numbers(device, 6);
        return zeros_like(source).copy_(source) + empty_like(source).zero_();
    }

    // What is drawn differs between devices; that it is finite, and its shape, does not.
    private static Tensor Draws(Device device)
    {
        var drawn = empty(4, 6, device: device).normal_(0, 1) + init.xavier_normal_(empty(4, 6, device: device));
        return drawn.isfinite();
    }

    private static Tensor MoreDraws(Device device)
    {
        var (uniform, normal) = (rand(4, 6, device: device), randn(4, 6, device: device));
        var drawn = rand_like(uniform) + randn_like(normal) + empty_like(uniform).exponential_();
        return (drawn + init.zeros_(empty(4, 6, device: device)) + uniform.multinomial(6)).isfinite();
    }

    private static Tensor Distances(Device device)
    {
        var (left, right) = (Numbers(device, 4, 6), Numbers(device, 5, 6) + 1);
        return cdist(left, right).mv(Numbers(device, 5)) + functional.mse_loss(left, left + 1);
    }

    // Vectors of a decomposition may point either way; the values are the same everywhere.
    private static Tensor Decompositions(Device device)
    {
        var square = Numbers(device, 4, 4);
        var symmetric = square.mm(square.t()) + eye(4, device: device);
        var (q, r) = linalg.qr(square + eye(4, device: device));
        return linalg.eigh(symmetric).Item1 + linalg.svd(symmetric).S + q.mm(r).sum(dim: 0);
    }

    private static Tensor Comparisons(Device device)
    {
        var x = Numbers(device, 24);
        var inside = x.ge(-0.5).logical_and(x.le(0.5)).logical_or(x.gt(0.9));
        return inside.logical_or_(x.lt(-0.9)).logical_not().eq(x > 2);
    }

    private static Tensor Copied(Device device)
    {
        var x = Numbers(device, 4, 6);
        return x.flip(0).permute(1, 0)
            + x[0].unsqueeze(1).expand_as(x.permute(1, 0))
            + full_like(x, 2).t()
            + ones_like(x).t();
    }

    private static Tensor Shapes(Device device)
    {
        var parts = Numbers(device, 4, 6).chunk(2, 1);
        var row = parts[1].narrow(0, 1, 2).select(0, 1).unsqueeze(0).expand(4, 3).contiguous();
        return row.reshape(2, 6).view_as(Numbers(device, 2, 6)).unsqueeze(0).squeeze(0).clone().detach();
    }

    private static Tensor Gradient(Device device)
    {
        var weight = Numbers(device, 3, 6).requires_grad_();
        functional.linear(Numbers(device, 4, 6), weight).tanh().square().mean().backward();
        return weight.grad!;
    }

    private static Tensor FusedAdam(Device device, string name)
    {
        var script = $"""
            def step(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor]):
                none: List[Tensor] = []
                torch.{name}(p, g, m, v, none, t, lr=0.1, beta1=0.9, beta2=0.98, weight_decay=0.0, eps=1e-08, amsgrad=False, maximize=False)
                return p[0]

            """;
        var weight = Numbers(device, 5);
        Tensor[] One(Tensor tensor) => [tensor];
        using var unit = jit.compile(script);
        unit.invoke(
            "step",
            One(weight),
            One(Numbers(device, 5) + 1),
            One(zeros(5, device: device)),
            One(zeros(5, device: device)),
            One(ones(1, device: device).view([]))
        );
        return weight;
    }

    private static Tensor Foreach(Device device)
    {
        const string script = """
            def scale(g: List[Tensor], factor: Tensor):
                torch._foreach_mul_(g, factor)
                return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0)))

            """;
        using var unit = jit.compile(script);
        Tensor[] gradients = [Numbers(device, 5), Numbers(device, 2, 3)];
        return (Tensor)unit.invoke("scale", gradients, full([], 0.5, dtype: ScalarType.Float32, device: device));
    }
}
