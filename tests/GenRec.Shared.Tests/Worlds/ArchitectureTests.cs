using System.Reflection;
using System.Reflection.Emit;
using GenRec.Shared.Data.Worlds;

namespace GenRec.Shared.Tests.Worlds;

/// <summary>Whatever trains, or is trained, must not be able to name a world, let alone its oracle.</summary>
public class ArchitectureTests
{
    private static readonly string worlds = typeof(World).Namespace!;
    private static readonly Dictionary<short, OpCode> codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    [Theory]
    [InlineData("Training")]
    [InlineData("Models")]
    [InlineData("Alignment")]
    [InlineData("Nn")]
    [InlineData("SemanticIds")]
    [InlineData("Decoding")]
    [InlineData("Text")]
    [InlineData("Runtime")]
    [InlineData("Evaluation")]
    [InlineData("Data.Slates")]
    public void NothingThatTrainsNamesAWorld(string room) =>
        Assert.Empty(TypesIn(room).Where(type => References(type).Any(IsOfWorlds)).Select(type => type.FullName));

    [Theory]
    [InlineData("Alignment", "Models")]
    [InlineData("Alignment", "Plotting")]
    [InlineData("Alignment", "Experiments")]
    [InlineData("Decoding", "Alignment")]
    [InlineData("Training", "Alignment")]
    [InlineData("Evaluation", "Alignment")]
    [InlineData("Nn", "Alignment")]
    [InlineData("Data", "Alignment")]
    public void NoRoomNamesAHigherOne(string room, string higher) =>
        Assert.Empty(
            TypesIn(room)
                .Where(type => References(type).Any(other => other.Namespace == $"GenRec.Shared.{higher}"))
                .Select(type => type.FullName)
        );

    [Fact]
    public void TheProbeSeesAReferenceWhereThereIsOne()
    {
        Assert.Contains(TypesIn("Experiments"), type => References(type).Any(IsOfWorlds));
        Assert.Contains(typeof(World), References(typeof(Naming)));
        Assert.DoesNotContain(typeof(World), References(typeof(DataFreeOfWorlds)));
    }

    private static bool IsOfWorlds(Type type) => type.Namespace == worlds;

    private static IEnumerable<Type> TypesIn(string room) =>
        typeof(World)
            .Assembly.GetTypes()
            .Where(type => $"{type.Namespace}.".StartsWith($"GenRec.Shared.{room}.", StringComparison.Ordinal));

    // Bases, fields, signatures, locals, and whatever the code calls, reads or makes.
    private static HashSet<Type> References(Type type)
    {
        const BindingFlags All =
            BindingFlags.Instance
            | BindingFlags.Static
            | BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;
        var found = new HashSet<Type>();
        Add(type.BaseType);
        foreach (var field in type.GetFields(All))
            Add(field.FieldType);
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            foreach (var parameter in method.GetParameters())
                Add(parameter.ParameterType);
            Add((method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is not { } body)
                continue;
            foreach (var local in body.LocalVariables)
                Add(local.LocalType);
            foreach (var member in Members(method, body.GetILAsByteArray()!))
            {
                Add(member as Type ?? member.DeclaringType);
                foreach (var argument in (member as MethodInfo)?.GetGenericArguments() ?? [])
                    Add(argument);
            }
        }
        return found;

        void Add(Type? other)
        {
            if (other is null || !found.Add(other))
                return;
            Add(other.HasElementType ? other.GetElementType() : null);
            foreach (var argument in other.GetGenericArguments())
                Add(argument);
        }
    }

    private static IEnumerable<MemberInfo> Members(MethodBase method, byte[] code)
    {
        var (owners, own) = (method.DeclaringType!.GetGenericArguments(), Type.EmptyTypes);
        if (method is MethodInfo { IsGenericMethod: true } generic)
            own = generic.GetGenericArguments();
        for (var at = 0; at < code.Length; )
        {
            var value = code[at++] is var first && first == 0xFE ? (short)(0xFE00 | code[at++]) : first;
            var kind = codes[value].OperandType;
            if (
                kind
                is OperandType.InlineField
                    or OperandType.InlineMethod
                    or OperandType.InlineTok
                    or OperandType.InlineType
            )
                if (method.Module.ResolveMember(BitConverter.ToInt32(code, at), owners, own) is { } member)
                    yield return member;
            at += kind switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    private sealed class Naming
    {
        public static object Ceiling() => World.Create(WorldPreset.Smoke).Oracle;
    }

    private sealed class DataFreeOfWorlds
    {
        public static int Sum(int[] values) => values.Sum();
    }
}
