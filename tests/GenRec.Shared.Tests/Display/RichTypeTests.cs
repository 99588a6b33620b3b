using System.Reflection;
using System.Runtime.CompilerServices;
using GenRec.Shared.Display;
using GenRec.Shared.Runtime;

namespace GenRec.Shared.Tests.Display;

/// <summary>A cell may end in any object of ours: none may fall back to a host's tree of properties.</summary>
public sealed class RichTypeTests
{
    /// <summary>What no cell ends in, and why it cannot be rich.</summary>
    private static readonly Dictionary<Type, string> Others = new()
    {
        [typeof(TypeFormatterSourceAttribute)] = "an attribute",
        [typeof(RichValueFormatterSource)] = "what the attribute names",
        [typeof(RichValueFormatter)] = "what the attribute names",
        [typeof(CounterRandom)] = "a generator without anything to show",
        [typeof(Prefetcher<>)] = "machinery of the training loop",
    };

    public static TheoryData<Type> Types =>
        [
            .. typeof(IRichValue)
                .Assembly.GetExportedTypes()
                .Where(type => type.IsClass || type.IsValueType && !type.IsEnum)
                .Where(type => !(type.IsAbstract && type.IsSealed)) // static
                .Where(type => !typeof(Exception).IsAssignableFrom(type) && !typeof(Delegate).IsAssignableFrom(type))
                .Where(type => !typeof(Stream).IsAssignableFrom(type) && !Others.ContainsKey(type)),
        ];

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryTypeShowsItselfInEveryHost(Type type)
    {
        var advice =
            $"{type}: derive it from RichRecord or RichObject; a struct or a module implements IRichValue as the others do.";
        Assert.True(typeof(IRichValue).IsAssignableFrom(type), advice);
        // Verso calls this by name.
        var toHtml = type.GetMethod("ToHtml", BindingFlags.Public | BindingFlags.Instance, []);
        Assert.True(toHtml?.ReturnType == typeof(string), advice);
        // .NET Interactive finds this by name.
        var attribute = type.GetCustomAttributes(true)
            .SingleOrDefault(one => one.GetType().Name == "TypeFormatterSourceAttribute");
        Assert.True(attribute is TypeFormatterSourceAttribute, advice);
        Assert.Contains(MimeTypes.Html, ((TypeFormatterSourceAttribute)attribute!).PreferredMimeTypes);
        Assert.Contains(MimeTypes.Text, ((TypeFormatterSourceAttribute)attribute).PreferredMimeTypes);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ACardOfAnUnfinishedObjectIsACardStill(Type type)
    {
        if (
            type.IsAbstract
            || type.ContainsGenericParameters
            || typeof(TorchSharp.torch.nn.Module).IsAssignableFrom(type)
        )
            return; // no objects of it, or objects that are native from their first moment
        var empty = RuntimeHelpers.GetUninitializedObject(type);
#pragma warning disable CA1816 // It was never made: its finalizer must not tidy up.
        GC.SuppressFinalize(empty);
#pragma warning restore CA1816
        var card = ObjectCard.Of(empty);
        Assert.StartsWith("<table", card.ToHtml(), StringComparison.Ordinal);
        Assert.NotEmpty(card.ToText());
    }
}
