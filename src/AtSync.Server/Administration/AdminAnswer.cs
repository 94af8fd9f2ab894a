using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Administration;

/// <summary>The lines of an <see cref="AdminSession"/>: what becomes their members.</summary>
internal static class AdminAnswer
{
    public static Action<Utf8JsonWriter> Progressed(WorkProgress progress) => writer =>
    {
        writer.WriteStartObject("progress"u8);
        writer.WriteNumber("done"u8, progress.Done);
        writer.WriteNumber("total"u8, progress.Total);
        writer.WriteEndObject();
    };

    public static Action<Utf8JsonWriter> Listed(AtSignEntry entry) => writer =>
    {
        writer.WriteStartObject("entry"u8);
        Write(writer, entry);
        writer.WriteEndObject();
    };

    public static Action<Utf8JsonWriter> Ended(int count) => Ok(writer => writer.WriteNumber("atSigns"u8, count));

    public static Action<Utf8JsonWriter> Added(AtSign atSign, HostedPlace place) => Ok(writer =>
    {
        writer.WriteString("atSign"u8, atSign.ToString());
        writer.WriteBoolean("added"u8, place.IsNew);
        writer.WriteString("address"u8, place.Address);
        if (place.Secret is not null)
        {
            writer.WriteString("secret"u8, place.Secret);
        }

        writer.WriteBoolean("activated"u8, place.IsActivated);
        writer.WriteBoolean("registered"u8, place.IsRegistered);
    });

    public static Action<Utf8JsonWriter> Removed(AtSignEntry entry) => Ok(writer =>
    {
        writer.WriteString("atSign"u8, entry.AtSign.ToString());
        writer.WriteNumber("records"u8, entry.Summary.Records);
        writer.WriteNumber("bytes"u8, entry.Summary.Bytes);
    });

    public static Action<Utf8JsonWriter> Described(AtSignEntry entry) => Ok(writer => Write(writer, entry));

    public static Action<Utf8JsonWriter> Exported(AdminRequest request, ExportedAtSign export) => Ok(writer =>
    {
        writer.WriteString("atSign"u8, request.AtSign.ToString());
        writer.WriteString("path"u8, request.Path);
        writer.WriteNumber("records"u8, export.Records);
        writer.WriteNumber("lastCommitId"u8, export.LastCommitId);
        writer.WriteNumber("bytes"u8, export.Bytes);
    });

    public static Action<Utf8JsonWriter> Imported(ImportedAtSign import) => Ok(writer =>
    {
        Write(writer, import.Entry);
        writer.WriteBoolean("replaced"u8, import.IsReplaced);
        writer.WriteBoolean("registered"u8, import.IsRegistered);
    });

    public static Action<Utf8JsonWriter> BackedUp(AdminRequest request, BackupSummary backup) => Ok(writer =>
    {
        writer.WriteString("path"u8, request.Path);
        writer.WriteNumber("files"u8, backup.Files);
        writer.WriteNumber("bytes"u8, backup.Bytes);
    });

    public static Action<Utf8JsonWriter> Failure(AdminException failure) => writer =>
    {
        writer.WriteBoolean("ok"u8, false);
        writer.WriteString("fault"u8, FaultName(failure.Fault));
        writer.WriteString("error"u8, failure.Message);
    };

    /// <summary>The kind of a failure on the line.</summary>
    public static string FaultName(AdminFault fault) => fault switch
    {
        AdminFault.Usage => "usage",
        AdminFault.NotFound => "notFound",
        AdminFault.Store => "store",
        AdminFault.Network => "network",
        _ => "refused",
    };

    private static Action<Utf8JsonWriter> Ok(Action<Utf8JsonWriter> members) => writer =>
    {
        writer.WriteBoolean("ok"u8, true);
        members(writer);
    };

    private static void Write(Utf8JsonWriter writer, AtSignEntry entry)
    {
        var summary = entry.Summary;
        writer.WriteString("atSign"u8, entry.AtSign.ToString());
        writer.WriteBoolean("activated"u8, entry.IsActivated);
        writer.WriteString("address"u8, entry.Address);
        writer.WriteNumber("records"u8, summary.Records);
        writer.WriteNumber("bytes"u8, summary.Bytes);
        writer.WriteNumber("notifications"u8, summary.Notifications);
        writer.WriteNumber("connections"u8, entry.Connections);
        writer.WriteNumber("lastCommitId"u8, summary.LastCommitId);
        writer.WriteString("epoch"u8, entry.EpochId);
        writer.WriteStartObject("quota"u8);
        WriteLimit(writer, "records", summary.Quota.Records);
        WriteLimit(writer, "bytes", summary.Quota.Bytes);
        WriteLimit(writer, "notifications", summary.Quota.Notifications);
        WriteLimit(writer, "notificationBytes", summary.Quota.NotificationBytes);
        writer.WriteEndObject();
    }

    private static void WriteLimit(Utf8JsonWriter writer, string name, long? limit)
    {
        if (limit is { } number && number != StoreQuota.NoLimit)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
