using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>A record as the three kinds of lookup answer it.</summary>
internal static class RecordAnswer
{
    /// <summary>What is not there is an error, what is not yet or no longer there is <c>data:null</c>.</summary>
    /// <param name="record">As stored, or null.</param>
    /// <param name="key">The name it is answered under.</param>
    /// <param name="operation">Value, metadata or both.</param>
    /// <param name="session">For the clock and the buffers.</param>
    public static Response Of(StoredRecord? record, string key, LookupOperation operation, Session session)
    {
        if (record is null)
        {
            return Missing(key);
        }

        if (!RecordLife.IsActive(record.Times, session.Clock.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            return Response.Null;
        }

        if (operation == LookupOperation.Value)
        {
            return record.HasValue ? Response.Data(record.Value) : Response.Null;
        }

        var payload = session.NewPayload();
        if (operation == LookupOperation.Meta)
        {
            session.Server.Text.WriteTypedMetadata(record, payload);
        }
        else
        {
            session.Server.Text.WriteAll(key, record, payload);
        }

        return Response.Data(payload.Written);
    }

    public static Response Missing(string key) => Response.Refuse(AtErrorCodes.KeyNotFound, $"{key} does not exist in keystore");

    /// <summary>What belongs to another atSign is with its atServer, and this one has no way to ask it.</summary>
    public static Response OfOther(AtSign owner) => Response.Refuse(
        AtErrorCodes.SecondaryNotFound, $"Unable to find secondary address for atSign:{owner.Name}: no peers are configured on this server");
}
