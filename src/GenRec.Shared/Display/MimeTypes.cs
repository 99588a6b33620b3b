namespace GenRec.Shared.Display;

/// <summary>The MIME types that the project's values offer.</summary>
public static class MimeTypes
{
    /// <summary>Plain text; every value has it.</summary>
    public const string Text = "text/plain";

    /// <summary>HTML.</summary>
    public const string Html = "text/html";

    /// <summary>A plotly.js figure as JSON, drawn by VS Code and JupyterLab themselves.</summary>
    public const string Plotly = "application/vnd.plotly.v1+json";

    /// <summary>A PNG picture, base64; hosts that can render figures add it.</summary>
    public const string Png = "image/png";
}
