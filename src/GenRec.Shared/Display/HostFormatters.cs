using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Data.Analysis;
using Plotly.NET;
using TorchSharp;

namespace GenRec.Shared.Display;

/// <summary>
/// Tells Microsoft.DotNet.Interactive.Formatting, which .NET Interactive and our engine show other people's types with, how
/// data frames, charts, tensors and models look. Without it they are trees of properties, some of half a megabyte.
/// </summary>
/// <remarks>
/// The host's assembly is found by its name, so nothing here refers to it. Our own types need no registration: they carry
/// <see cref="TypeFormatterSourceAttribute"/>.
/// </remarks>
public static class HostFormatters
{
    private const string AssemblyName = "Microsoft.DotNet.Interactive.Formatting";

    /// <summary>Registers the formatters where the host is there; done when the library is loaded, and may be repeated.</summary>
    /// <returns>True where the host is there and takes formatters in the way known.</returns>
    public static bool Register()
    {
        var register = Loaded
            .Assembly(AssemblyName)
            ?.GetType($"{AssemblyName}.Formatter")
            ?.GetMethod(
                nameof(Register),
                BindingFlags.Public | BindingFlags.Static,
                [typeof(Type), typeof(Action<object, TextWriter>), typeof(string)]
            );
        if (register is null)
            return false;
        Type[] types = [typeof(DataFrame), typeof(GenericChart), typeof(torch.Tensor), typeof(torch.nn.Module)];
        foreach (var type in types)
        {
            Add(type, MimeTypes.Html, value => Rich(value).ToHtml());
            Add(type, MimeTypes.Text, value => Rich(value).ToText());
        }
        return true;

        void Add(Type type, string mimeType, Func<object, string> text) =>
            register.Invoke(
                null,
                [type, (Action<object, TextWriter>)((value, writer) => writer.Write(text(value))), mimeType]
            );
    }

    /// <summary>The rich form of a value that is not ours.</summary>
    /// <param name="value">A data frame, chart, tensor or model; anything else becomes a card of its properties.</param>
    public static IRichValue Rich(object value) =>
        value switch
        {
            IRichValue rich => rich,
            DataFrame frame => frame.AsTable(),
            GenericChart chart => Figure.Of(chart),
            torch.Tensor tensor => TensorTables.Rich(tensor),
            torch.nn.Module module => ModelCard.Of(module),
            _ => ObjectCard.Of(value),
        };

#pragma warning disable CA2255 // The library is loaded by a notebook's #r: nothing else could call this.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void RegisterOnLoad()
    {
        try
        {
            Register();
        }
        catch (TargetInvocationException) { } // a host that takes them no more still has a notebook to run
    }
}
