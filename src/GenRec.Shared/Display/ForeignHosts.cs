using System.Reflection;

namespace GenRec.Shared.Display;

/// <summary>.NET Interactive, reached by name.</summary>
internal static class DotNetInteractive
{
    private const string AssemblyName = "Microsoft.DotNet.Interactive";

    /// <summary>True in a process of .NET Interactive.</summary>
    public static bool IsRunning => Loaded.Assembly(AssemblyName) is not null;

    /// <summary>
    /// Shows a value when a cell of .NET Interactive is running. The context's own Display is called, because the handle that
    /// <c>value.Display()</c> returns updates nothing (dotnet/interactive 988862f, June 2025).
    /// </summary>
    public static bool TryDisplay(object value, out Action<object>? update)
    {
        update = null;
        var assembly = Loaded.Assembly(AssemblyName);
        var context = assembly
            ?.GetType($"{AssemblyName}.KernelInvocationContext")
            ?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)
            ?.GetValue(null);
        var display = assembly
            ?.GetType($"{AssemblyName}.KernelInvocationContextExtensions")
            ?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(method =>
                method.Name == "Display"
                && method.GetParameters() is [_, { ParameterType: var type }, ..]
                && type == typeof(object)
            );
        if (context is null || display is null)
            return false;
        var handle = display.Invoke(null, [context, value, .. display.GetParameters().Skip(2).Select(Loaded.Nothing)]);
        if (handle?.GetType().GetMethod("Update", [typeof(object)]) is { } replace)
            update = next => replace.Invoke(handle, [next]);
        return true;
    }
}

/// <summary>Verso, reached by name. It cannot replace an output.</summary>
internal static class Verso
{
    private const string AssemblyName = "Verso.Abstractions";

    /// <summary>True in a process of Verso.</summary>
    public static bool IsRunning => Loaded.Assembly(AssemblyName) is not null;

    public static bool TryDisplay(object value)
    {
        var display = Loaded
            .Assembly(AssemblyName)
            ?.GetType($"{AssemblyName}.DisplayExtensions")
            ?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(method =>
                method.Name == "Display"
                && method.GetParameters() is [{ ParameterType: var type }, ..]
                && type == typeof(object)
            );
        if (display is null)
            return false;
        try
        {
            display.Invoke(null, [value, .. display.GetParameters().Skip(1).Select(Loaded.Nothing)]);
            return true;
        }
        catch (TargetInvocationException error) when (error.InnerException is InvalidOperationException)
        {
            return false; // no cell is running, so the console it is
        }
    }
}

/// <summary>What both need to look around.</summary>
internal static class Loaded
{
    public static Assembly? Assembly(string name) =>
        Array.Find(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == name);

    /// <summary>The value of an argument that is not given: its default, or an empty array.</summary>
    public static object? Nothing(ParameterInfo parameter) =>
        parameter.ParameterType.IsArray
            ? Array.CreateInstance(parameter.ParameterType.GetElementType()!, 0)
            : (parameter.HasDefaultValue ? parameter.DefaultValue : null);
}
