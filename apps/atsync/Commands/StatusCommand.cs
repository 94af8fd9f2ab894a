using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Commands;

/// <summary><c>atsync status</c>: how the device stands, without touching the network.</summary>
internal static class StatusCommand
{
    /// <summary>A table for people: a full server can refuse thousands.</summary>
    private const int RefusedShown = 10;

    public static Command Build()
    {
        var at = new ClientArguments();
        var check = new Option<bool>("--check") { Description = "Verify the store's file too." };
        var command = new Command("status", "Show cursor, pending edits, conflicts and the last error.");
        at.AddTo(command);
        command.Options.Add(check);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            await using var client = await at.OpenAsync(arguments, output, needsKeys: false, isLive: false, cancellationToken);
            var status = await client.GetStatusAsync(cancellationToken);
            var refused = await client.ListRefusedAsync(cancellationToken);
            var findings = arguments.GetValue(check) ? await client.CheckAsync(cancellationToken) : null;
            if (output.IsJson)
            {
                output.Json(writer =>
                {
                    writer.WriteString("atSign"u8, status.AtSign.ToString());
                    writer.WriteNumber("cursor"u8, status.Cursor);
                    writer.WriteNumber("records"u8, status.Records);
                    writer.WriteNumber("bytes"u8, status.Bytes);
                    writer.WriteNumber("pending"u8, status.Pending);
                    writer.WriteNumber("refused"u8, status.Refused);
                    writer.WriteNumber("quarantined"u8, status.Quarantined);
                    writer.WriteNumber("conflicts"u8, status.Conflicts);
                    writer.WriteString("lastError"u8, status.LastError);
                    if (status.LastSyncedAt is { } synced)
                    {
                        writer.WriteString("lastSyncedAt"u8, synced.UtcDateTime);
                    }
                    else
                    {
                        writer.WriteNull("lastSyncedAt"u8);
                    }

                    writer.WriteStartArray("refusedEdits"u8);
                    foreach (var edit in refused)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("key"u8, edit.Key);
                        writer.WriteString("code"u8, edit.Error.Code);
                        writer.WriteString("error"u8, edit.Error.Detail);
                        writer.WriteNumber("attempts"u8, edit.Attempts);
                        writer.WriteBoolean("final"u8, edit.IsDead);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                    if (findings is not null)
                    {
                        writer.WriteBoolean("sound"u8, findings.Count == 0);
                    }
                });
            }
            else
            {
                Tables.Facts(
                    output,
                    ("atSign", status.AtSign.ToString()),
                    ("records", $"{status.Records:N0} ({Sizes.Text(status.Bytes)})"),
                    ("synced up to commit", status.Cursor < 0 ? "never synced" : $"{status.Cursor:N0}"),
                    ("last synced", status.LastSyncedAt is { } synced ? $"{synced:u}" : "never"),
                    ("waiting to be pushed", $"{status.Pending:N0}"),
                    ("refused", $"{status.Refused:N0}"),
                    ("set aside", $"{status.Quarantined:N0}"),
                    ("conflicts", $"{status.Conflicts:N0}"),
                    ("last error", status.LastError ?? "none"));
                foreach (var edit in refused.Take(RefusedShown))
                {
                    output.Text($"refused: {edit.Key}: {edit.Error.Code} {edit.Error.Detail}{(edit.IsDead ? "" : " (will be tried again)")}");
                }

                if (refused.Count > RefusedShown)
                {
                    output.Text($"refused: {refused.Count - RefusedShown:N0} more; --json lists all");
                }
            }

            return findings is { Count: > 0 } ? throw new CliException(ExitCode.Local, "The store is damaged: " + string.Join("; ", findings)) : ExitCode.Done;
        });
    }
}
