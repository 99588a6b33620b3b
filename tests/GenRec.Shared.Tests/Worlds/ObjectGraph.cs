using System.Reflection;

namespace GenRec.Shared.Tests.Worlds;

/// <summary>Everything that can be reached from an object, private fields included.</summary>
internal static class ObjectGraph
{
    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static IReadOnlyCollection<object> From(object root)
    {
        var (seen, open) = (new HashSet<object>(ReferenceEqualityComparer.Instance), new Stack<object>());
        open.Push(root);
        while (open.TryPop(out var thing))
        {
            for (var type = thing.GetType(); type is not null; type = type.BaseType)
                foreach (
                    var field in type.GetFields(All).Where(f => !f.FieldType.IsPrimitive && !f.FieldType.IsPointer)
                )
                    if (
                        field.GetValue(thing) is { } value and not string and not Pointer and not Type
                        && seen.Add(value)
                    )
                        open.Push(value);
            if (thing is Array array && !array.GetType().GetElementType()!.IsPrimitive)
                foreach (var value in array)
                    if (value is not null and not string && seen.Add(value))
                        open.Push(value);
        }
        return seen;
    }
}
