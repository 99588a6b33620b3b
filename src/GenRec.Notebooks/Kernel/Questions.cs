using System.Text.Json.Nodes;
using GenRec.Notebooks.Kernel.Protocol;
using GenRec.Notebooks.Language;

namespace GenRec.Notebooks.Kernel;

/// <summary>Answers what is asked beside running cells, also while one runs.</summary>
internal sealed class Questions(Lazy<Task<ILanguageService?>> language, CellHistory history, Publisher publisher)
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(20);

    // A client that sends a cell and a question at once means what holds after the cell; a long cell is not waited for.
    private static readonly TimeSpan CellsFirst = TimeSpan.FromMilliseconds(300);

    /// <summary>The answer to a request.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cellsBefore">Ends with the last cell that was sent before.</param>
    /// <returns>The content of the reply; null where the request has none.</returns>
    public async Task<JsonObject?> AnswerAsync(KernelMessage request, Task cellsBefore)
    {
        using var cancel = new CancellationTokenSource(LongestAnswer);
        switch (request.Type)
        {
            case "kernel_info_request":
                return KernelInfo.Content();
            case "comm_info_request":
                return new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() };
            case "comm_open": // nothing here speaks over comms: whoever opens one is told so
                publisher.Send(
                    "comm_close",
                    request,
                    new JsonObject { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() }
                );
                return null;
            case "comm_msg" or "comm_close":
                return null;
            case "is_complete_request":
                return await IsCompleteAsync(request).ConfigureAwait(false);
            case "complete_request":
                await Task.WhenAny(cellsBefore, Task.Delay(CellsFirst)).ConfigureAwait(false);
                return await CompleteAsync(request, cancel.Token).ConfigureAwait(false);
            case "inspect_request":
                await Task.WhenAny(cellsBefore, Task.Delay(CellsFirst)).ConfigureAwait(false);
                return await InspectAsync(request, cancel.Token).ConfigureAwait(false);
            case "history_request":
                await Task.WhenAny(cellsBefore, Task.Delay(CellsFirst)).ConfigureAwait(false);
                return history.Reply(request);
            default:
                throw new MalformedMessageException($"'{request.Type}' is no request this kernel knows.");
        }
    }

    private async Task<JsonObject> IsCompleteAsync(KernelMessage request)
    {
        var code = request.Text("code");
        if (await language.Value.ConfigureAwait(false) is not { } service)
            return new JsonObject { ["status"] = "unknown" };
        var status = service.Check(code);
        var content = new JsonObject { ["status"] = status.State.ToString().ToLowerInvariant() };
        if (status.State == SubmissionState.Incomplete)
            content["indent"] = status.Indent;
        return content;
    }

    private async Task<JsonObject> CompleteAsync(KernelMessage request, CancellationToken cancel)
    {
        var (code, cursor) = (request.Text("code"), request.Number("cursor_pos", int.MaxValue));
        var position = CodePoints.ToUnits(code, cursor);
        var list = await language.Value.ConfigureAwait(false) is { } service
            ? await service.CompleteAsync(code, position, cancel).ConfigureAwait(false)
            : new CompletionList(position, position, []);
        var (start, end) = (CodePoints.FromUnits(code, list.Start), CodePoints.FromUnits(code, list.End));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. list.Items.Select(item => JsonValue.Create(item.Text))]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                // JupyterLab and VS Code read icons and signatures from here.
                ["_jupyter_types_experimental"] = new JsonArray([
                    .. list.Items.Select(item => Described(item, start, end)),
                ]),
            },
        };
    }

    private static JsonObject Described(CompletionItem item, int start, int end) =>
        new()
        {
            ["start"] = start,
            ["end"] = end,
            ["text"] = item.Text,
            ["displayText"] = item.Label,
            ["type"] = TypeName(item.Kind),
            ["signature"] = item.Signature ?? "",
        };

    // The names that Python's jedi uses are those for which front ends have icons.
    private static string TypeName(CompletionKind kind) =>
        kind switch
        {
            CompletionKind.Keyword or CompletionKind.Directive => "keyword",
            CompletionKind.Namespace => "module",
            CompletionKind.Class or CompletionKind.Struct or CompletionKind.Delegate => "class",
            CompletionKind.Interface => "interface",
            CompletionKind.Enum => "enum",
            CompletionKind.TypeParameter => "type",
            CompletionKind.Method => "function",
            CompletionKind.Property or CompletionKind.Event => "property",
            CompletionKind.Field => "field",
            CompletionKind.Constant or CompletionKind.EnumMember => "constant",
            CompletionKind.Variable => "instance",
            CompletionKind.Snippet => "snippet",
            CompletionKind.File => "path",
            _ => "text",
        };

    private async Task<JsonObject> InspectAsync(KernelMessage request, CancellationToken cancel)
    {
        var (code, cursor) = (request.Text("code"), request.Number("cursor_pos", int.MaxValue));
        var found = await language.Value.ConfigureAwait(false) is { } service
            ? await service
                .InspectAsync(code, CodePoints.ToUnits(code, cursor), request.Number("detail_level", 0), cancel)
                .ConfigureAwait(false)
            : null;
        var data = new JsonObject();
        if (found is not null)
        {
            data["text/plain"] = found.PlainText;
            data["text/html"] = found.Html;
            data["text/markdown"] = found.Markdown;
        }
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = found is not null,
            ["data"] = data,
            ["metadata"] = new JsonObject(),
        };
    }
}
