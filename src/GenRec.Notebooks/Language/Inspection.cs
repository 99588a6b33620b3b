namespace GenRec.Notebooks.Language;

/// <summary>What a name means, in the forms that front ends show.</summary>
/// <param name="PlainText">Signature, then documentation.</param>
/// <param name="Html">The same as markup without fixed colours.</param>
/// <param name="Markdown">The same as Markdown, the signature in a fenced block.</param>
public sealed record Inspection(string PlainText, string Html, string Markdown);
