using TorchSharp;

namespace GenRec.Shared.Display;

/// <summary>A model as a table: its direct parts, what they are, and how many numbers are trained in each.</summary>
public static class ModelCard
{
    private const int MostRows = 30;

    /// <summary>The card of a module.</summary>
    /// <param name="module">Any module; nothing is computed.</param>
    public static Table Of(torch.nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var rows = module
            .named_children()
            .Select(part =>
                (object?[])
                    [part.name, ObjectCard.NameOf(part.module.GetType()), Shapes(part.module), Count(part.module)]
            )
            .ToList();
        foreach (var (name, weight) in module.named_parameters(recurse: false))
            rows.Add([name, "Parameter", $"[{string.Join(", ", weight.shape)}]", weight.numel()]);
        return new Table(["part", "type", "shapes", new TableColumn("parameters", "N0")], rows)
        {
            Title = $"{ObjectCard.NameOf(module.GetType())}: {Count(module):N0} parameters",
            MaxRows = MostRows,
        };
    }

    private static long Count(torch.nn.Module module) => module.parameters().Sum(weight => weight.numel());

    private static string Shapes(torch.nn.Module module)
    {
        var shapes = module.parameters().Select(weight => $"[{string.Join(", ", weight.shape)}]").ToArray();
        return string.Join(" ", shapes.Take(3)) + (shapes.Length > 3 ? $" and {shapes.Length - 3} more" : "");
    }
}
