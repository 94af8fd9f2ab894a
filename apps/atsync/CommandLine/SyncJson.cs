using System.Text.Json;
using AtSync.Client.Sync;

namespace AtSync.App.CommandLine;

/// <summary>The last line of <c>sync --json</c>.</summary>
internal static class SyncJson
{
    public static void Write(Utf8JsonWriter writer, SyncResult result)
    {
        writer.WriteBoolean("inSync"u8, result.InSync);
        writer.WriteNumber("pulled"u8, result.Pulled);
        writer.WriteNumber("pushed"u8, result.Pushed);
        writer.WriteNumber("conflicts"u8, result.Conflicts);
        writer.WriteNumber("quarantined"u8, result.Quarantined);
        writer.WriteNumber("refused"u8, result.Refused);
        writer.WriteNumber("commitId"u8, result.CommitId);
    }

    public static string Text(SyncResult result)
    {
        var extra = string.Concat(
            result.Conflicts > 0 ? $", {result.Conflicts:N0} conflicts (see 'atsync conflicts')" : "",
            result.Quarantined > 0 ? $", {result.Quarantined:N0} set aside" : "",
            result.Refused > 0 ? $", {result.Refused:N0} refused (see 'atsync status')" : "");
        return $"{(result.InSync ? "in step" : "not in step")} at commit {result.CommitId:N0}: {result.Pulled:N0} received, {result.Pushed:N0} sent{extra}";
    }
}
