using System.CommandLine;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;
using AtSync.Client;
using AtSync.Client.Conflicts;

namespace AtSync.App.Commands;

/// <summary><c>atsync conflicts</c>: the inbox of this device: what lost when a key was changed here and elsewhere.</summary>
internal static class ConflictsCommand
{
    private static readonly string[] Actions = ["list", "show", "keep-local", "keep-remote"];

    public static Command Build()
    {
        var at = new ClientArguments();
        var push = new PushAfterWrite();
        var action = new Argument<string>("action")
        {
            Description = "list (default), show, keep-local or keep-remote.",
            HelpName = "list|show|keep-local|keep-remote",
            DefaultValueFactory = _ => Actions[0],
        };
        var id = new Argument<long?>("id") { Description = "Number of the conflict, from 'list'.", HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("conflicts", "Show and settle conflicts.");
        at.AddTo(command);
        command.Arguments.Add(action);
        command.Arguments.Add(id);
        push.AddTo(command);
        command.Validators.Add(result =>
        {
            // Defaults are not filled in yet when this is asked.
            var asked = result.GetResult(action)?.Tokens is [var token, ..] ? token.Value : Actions[0];
            if (!Actions.Contains(asked))
            {
                result.AddError($"'{asked}' is none of {string.Join(", ", Actions)}.");
            }
            else if (asked != Actions[0] && result.GetResult(id)?.Tokens is not [_, ..])
            {
                result.AddError($"'{asked}' needs the number of a conflict, from 'list'.");
            }
        });
        return command.With(async (arguments, output, cancellationToken) =>
        {
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            var number = arguments.GetValue(id) ?? 0;
            switch (arguments.GetRequiredValue(action))
            {
                case "list":
                    await ListAsync(client, output, cancellationToken);
                    return ExitCode.Done;
                case "show":
                    Show(await client.Conflicts.GetAsync(number, cancellationToken) ?? throw Missing(number), output);
                    return ExitCode.Done;
                case "keep-local":
                    _ = await client.Conflicts.KeepLocalAsync(number, cancellationToken) ? true : throw Missing(number);
                    return await push.RunAsync(client, arguments, at, output, "resolved", cancellationToken);
                default:
                    _ = await client.Conflicts.KeepRemoteAsync(number, cancellationToken) ? true : throw Missing(number);
                    return await push.RunAsync(client, arguments, at, output, "resolved", cancellationToken);
            }
        });
    }

    private static async Task ListAsync(AtClient client, Output output, CancellationToken cancellationToken)
    {
        var rows = new List<IReadOnlyList<string>>();
        await foreach (var conflict in client.Conflicts.ListAsync(cancellationToken))
        {
            if (output.IsJson)
            {
                output.Json(writer => WriteHead(writer, conflict));
            }
            else
            {
                rows.Add([$"{conflict.Id}", conflict.Key.Full, KindOf(conflict), $"{conflict.DetectedAt:u}"]);
            }
        }

        if (rows.Count > 0)
        {
            Tables.Rows(output, ["id", "key", "what happened", "detected"], rows);
        }
        else if (!output.IsJson)
        {
            output.Text("no conflicts");
        }
    }

    private static void Show(Conflict conflict, Output output)
    {
        if (output.IsJson)
        {
            output.Json(writer =>
            {
                WriteHead(writer, conflict);
                WriteSide(writer, "local", conflict.Local, conflict.LocalEditTime);
                WriteSide(writer, "remote", conflict.Remote, conflict.RemoteEditTime);
            });
            return;
        }

        Tables.Facts(
            output,
            ("conflict", $"{conflict.Id}"),
            ("key", conflict.Key.Full),
            ("what happened", KindOf(conflict)),
            ("decided by", conflict.Policy),
            ("detected", $"{conflict.DetectedAt:u}"),
            ("here" + TimeOf(conflict.LocalEditTime) + WriterOf(conflict.Local), TextOf(conflict.Local)),
            ("there" + TimeOf(conflict.RemoteEditTime) + WriterOf(conflict.Remote), TextOf(conflict.Remote)));
    }

    private static void WriteHead(Utf8JsonWriter writer, Conflict conflict)
    {
        writer.WriteNumber("id"u8, conflict.Id);
        writer.WriteString("key"u8, conflict.Key.Full);
        writer.WriteString("kind"u8, KindName(conflict));
        writer.WriteString("policy"u8, conflict.Policy);
        writer.WriteString("detectedAt"u8, conflict.DetectedAt.UtcDateTime);
    }

    private static void WriteSide(Utf8JsonWriter writer, string name, ConflictSideView? side, DateTimeOffset? editTime)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("deleted"u8, side is null);
        if (editTime is { } time)
        {
            writer.WriteString("editedAt"u8, time.UtcDateTime);
        }

        if (side is not null)
        {
            writer.WriteNumber("commitId"u8, side.CommitId);
            if (side.Writer is { } device)
            {
                writer.WriteString("device"u8, device.Id);
                writer.WriteString("deviceName"u8, device.Name);
            }

            if (side.Value is { } value)
            {
                RecordJson.WriteValue(writer, value);
            }
            else
            {
                writer.WriteString("problem"u8, side.Problem);
            }
        }

        writer.WriteEndObject();
    }

    private static string TextOf(ConflictSideView? side) => side switch
    {
        null => "(deleted)",
        { Value: null } => $"(can't be opened: {side.Problem})",
        { Value.Text: { } text } => text,
        _ => $"({side.Value.Bytes.Length:N0} bytes)",
    };

    private static string TimeOf(DateTimeOffset? time) => time is { } known ? $" ({known:u})" : "";

    private static string WriterOf(ConflictSideView? side) => side?.Writer is { } device ? $" by {device.Name ?? device.Id}" : "";

    private static string KindName(Conflict conflict) => JsonNamingPolicy.KebabCaseLower.ConvertName(conflict.Kind.ToString());

    private static string KindOf(Conflict conflict) => KindName(conflict).Replace('-', ' ');

    private static CliException Missing(long id) => new(ExitCode.NotFound, $"There is no conflict {id} on this device. 'conflicts list' shows those there are.");
}
