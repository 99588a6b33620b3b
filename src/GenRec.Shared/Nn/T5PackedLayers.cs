using System.Buffers;
using GenRec.Shared.Nn.Kernels;
using GenRec.Shared.Runtime;
using static TorchSharp.torch;

namespace GenRec.Shared.Nn;

// What the pass keeps: each thread's memory, and the weights arranged for the products.
internal sealed partial class T5Packed<TFormat, T>
{
    /// <summary>One thread's memory.</summary>
    private sealed class Workspace : IDisposable
    {
        public TrainingMemory Reading { get; } = new();

        public TrainingMemory Encoding { get; } = new();

        public TrainingMemory Stepping { get; } = new();

        /// <summary>Keys and values until the next <see cref="TrainingMemory.Reset"/>, in the caller's scope.</summary>
        public T5KeyValues TakeKeyValues(Sequences places, int inner) =>
            new(
                Reading.Take(ScalarType.Float32, inner, places.Columns).view(-1),
                Reading.Take(ScalarType.Float32, places.Tokens, inner).view(-1)
            );

        public void Dispose()
        {
            Reading.Dispose();
            Encoding.Dispose();
            Stepping.Dispose();
        }
    }

    /// <summary>One layer's weights.</summary>
    private sealed class Layer : IDisposable
    {
        public Layer(T5Options sizes, bool isDecoder)
        {
            var (width, inner, precision) = (sizes.Width, sizes.Inner, sizes.Precision);
            QueryKeyValue = new PackedLinear(3 * inner, width, precision);
            SelfOutput = new PackedLinear(width, inner, precision);
            if (isDecoder)
            {
                Query = new PackedLinear(inner, width, precision);
                KeyValue = new PackedLinear(2 * inner, width, precision);
                CrossOutput = new PackedLinear(width, inner, precision);
            }
            if (isDecoder && sizes.Experts > 0)
                Experts = new ExpertLayer(sizes);
            else
                (Wide, Narrow) = (
                    new PackedLinear(sizes.FeedForward, width, precision),
                    new PackedLinear(width, sizes.FeedForward, precision)
                );
        }

        public T5LayerParameters Source { get; private set; } = null!; // set by Arrange
        public PackedLinear QueryKeyValue { get; }
        public PackedLinear SelfOutput { get; }
        public PackedLinear? Query { get; }
        public PackedLinear? KeyValue { get; }
        public PackedLinear? CrossOutput { get; }
        public PackedLinear? Wide { get; }
        public PackedLinear? Narrow { get; }
        public ExpertLayer? Experts { get; }

        public void Arrange(T5LayerParameters source)
        {
            Source = source;
            QueryKeyValue.Arrange(source.Self.QueryKeyValue);
            SelfOutput.Arrange(source.Self.Output);
            if (source.Cross is { } cross)
            {
                Query!.Arrange(cross.Query);
                KeyValue!.Arrange(cross.KeyValue);
                CrossOutput!.Arrange(cross.Output);
            }
            if (source.Experts is { } experts)
                Experts!.Arrange(experts);
            else
            {
                Wide!.Arrange(source.FeedForward.Wide);
                Narrow!.Arrange(source.FeedForward.Narrow);
            }
        }

        public void Dispose()
        {
            foreach (var weight in new[] { QueryKeyValue, SelfOutput, Query, KeyValue, CrossOutput, Wide, Narrow })
                weight?.Dispose();
            Experts?.Dispose();
        }
    }

    /// <summary>A decoder layer's experts: <see cref="MixtureOfExperts"/> for the rows of a search.</summary>
    private sealed class ExpertLayer(T5Options sizes) : IDisposable
    {
        private readonly PackedMatrix router = new(sizes.Experts, sizes.Width);
        private readonly (PackedLinear Wide, PackedLinear Narrow)[] experts =
        [
            .. Enumerable
                .Range(0, sizes.Experts)
                .Select(_ =>
                    (
                        new PackedLinear(sizes.FeedForward, sizes.Width, sizes.Precision),
                        new PackedLinear(sizes.Width, sizes.FeedForward, sizes.Precision)
                    )
                ),
        ];
        private MixtureOfExperts source = null!; // set by Arrange

        public void Arrange(MixtureOfExperts mixture)
        {
            source = mixture;
            router.Arrange(Floats(mixture.Router));
            var (wide, narrow) = (mixture.Parameters().Wide.unbind(0), mixture.Parameters().Narrow.unbind(0));
            for (var expert = 0; expert < experts.Length; expert++)
            {
                experts[expert].Wide.Arrange(wide[expert]);
                experts[expert].Narrow.Arrange(narrow[expert]);
            }
        }

        /// <summary><c>x += sum_i g_i FFN_i(norm(x))</c>.</summary>
        /// <param name="x"><c>[R, D]</c>, float32.</param>
        /// <param name="layer">Whose norm it is.</param>
        /// <param name="sorted">Room for the rows of all experts, in whole blocks.</param>
        /// <param name="wide">Room for what each of them makes of its rows.</param>
        /// <param name="made">Room for the same, narrow again.</param>
        public void AddTo(Tensor x, T5LayerParameters layer, Tensor sorted, Tensor wide, Tensor made)
        {
            var (rows, width, active) = ((int)x.shape[0], sizes.Width, sizes.ActiveExperts);
            var pool = ArrayPool<float>.Shared;
            var normed = pool.Rent(rows * width);
            var scales = pool.Rent(rows);
            var shares = pool.Rent(rows * sizes.Experts);
            var h32 = normed.AsSpan(0, rows * width);
            RowKernels<Float32Format, float>.Norm(
                Floats(x),
                Floats(layer.FeedForwardNorm.Weight),
                Epsilon,
                null,
                1,
                scales.AsSpan(0, rows),
                h32
            );
            var logits = shares.AsSpan(0, rows * sizes.Experts);
            router.Multiply(h32, logits); // the router stays float32
            var route = new ExpertRoute(logits, rows, sizes.Experts, active, sizes.RenormaliseGates);
            lock (source) // the other thread counts, too
                source.Count(route.Load, []);
            using var scope = NewDisposeScope();
            ExpertKernels<TFormat, T>.Sort(h32, route.Tokens, Numbers(sorted)[..(route.Rows * width)]);
            foreach (var block in route.Blocks)
            {
                var inner = wide.narrow(0, block.From, block.Rows);
                experts[block.Expert].Wide.Multiply(sorted.narrow(0, block.From, block.Rows), inner);
                PackedRows<TFormat, T>.Relu(Numbers(inner));
                experts[block.Expert].Narrow.Multiply(inner, made.narrow(0, block.From, block.Rows));
            }
            PackedRows<TFormat, T>.AddChosen(Numbers(made), route.Places, route.Gates, active, width, Floats(x));
            foreach (var rented in new[] { normed, scales, shares })
                pool.Return(rented);
        }

        public void Dispose()
        {
            foreach (var (wide, narrow) in experts)
            {
                wide.Dispose();
                narrow.Dispose();
            }
        }
    }
}
