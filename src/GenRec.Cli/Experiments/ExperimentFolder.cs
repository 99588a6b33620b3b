using System.Text.Json;

namespace GenRec.Cli.Experiments;

/// <summary>The small file in a run's folder that says which command made it, so that it can be resumed.</summary>
/// <param name="Experiment">Name of the preset.</param>
/// <param name="Seed">Seed asked for, or null.</param>
/// <param name="Epochs">Epochs asked for, or null.</param>
/// <param name="Device">Device asked for, or null.</param>
internal sealed record ExperimentFolder(string Experiment, long? Seed, int? Epochs, string? Device)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "command.json";

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Reads the file of a run's folder.</summary>
    /// <exception cref="UserError">There is no such folder or file, or it is broken.</exception>
    public static ExperimentFolder Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new UserError(
                $"{folder} is not the folder of an experiment: it holds no {FileName}. "
                    + "Name the folder that 'genrec experiment run' printed; it lies in runs/."
            );
        try
        {
            return JsonSerializer.Deserialize<ExperimentFolder>(File.ReadAllText(path), Form) is { Experiment.Length: > 0 } read
                ? read
                : throw new UserError($"{path} names no experiment.");
        }
        catch (JsonException broken)
        {
            throw new UserError($"{path}:{broken.LineNumber + 1}: {broken.Message}");
        }
    }

    /// <summary>Makes the folder and writes the file.</summary>
    /// <exception cref="UserError">The folder belongs to another run already.</exception>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
            throw new UserError(
                $"{folder} holds a run already. Resume it with 'genrec experiment resume {folder}', or name another folder."
            );
        Directory.CreateDirectory(folder);
        var temporary = path + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(this, Form) + "\n");
        File.Move(temporary, path);
    }
}
