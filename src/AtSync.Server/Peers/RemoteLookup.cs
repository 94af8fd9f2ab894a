using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Server.Verbs;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// A record of another atSign: the copy kept here while it is fresh, else what its atServer says now. A copy is kept when its origin allows it
/// (<c>ttr</c>), and dropped when the origin has the record no more.
/// </summary>
internal static class RemoteLookup
{
    public static async ValueTask<Response> AskAsync(
        string key, AtSign owner, bool isPublic, LookupOperation operation, bool bypassesCache, Session session)
    {
        var store = session.Server.Store;
        var full = AtKey.Fold(isPublic ? $"public:{key}{owner}" : $"{store.Owner}:{key}{owner}");
        var cachedKey = $"cached:{full}";
        if (KeyRules.CheckLength(cachedKey) is { } tooLong)
        {
            return Response.Refuse(tooLong);
        }

        if (!isPublic && AccessPolicy.CheckRead(session.Caller, full, "lookup") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!bypassesCache && await store.GetAsync(cachedKey, session.Closed) is { } copy && IsFresh(copy, now))
        {
            return RecordAnswer.Of(copy, cachedKey, operation, session);
        }

        if (session.Host.Peers is not { } hub)
        {
            return RecordAnswer.OfOther(owner);
        }

        PeerAnswer answer;
        try
        {
            answer = await hub.AskAsync(store, owner, $"lookup:all:{key}{owner}", isProven: !isPublic, session.Closed);
        }
        catch (PeerException failure)
        {
            return Response.Refuse(failure.Error);
        }

        if (answer.Error is { } error && error.Code != AtErrorCodes.KeyNotFound)
        {
            return Response.Refuse(error.Code, error.Detail);
        }

        if (answer.Error is not null || !RemoteRecord.TryRead(answer.Payload, out var remote))
        {
            await ApplyAsync(CachedCopyChange.Drop(cachedKey, now), isDelete: true, session);
            return RecordAnswer.Missing(full);
        }

        if (remote.Metadata.Ttr is not (null or 0) && remote.Value is not null)
        {
            await ApplyAsync(CachedCopyChange.LookedUp(cachedKey, remote.Metadata, Encoding.UTF8.GetBytes(remote.Value), now), isDelete: false, session);
        }

        return Answer(remote, full, operation, session);
    }

    private static bool IsFresh(StoredRecord copy, long now) =>
        RecordLife.IsActive(copy.Times, now)
        && (copy.Times.RefreshAtMs is { } refresh ? now <= refresh : MetadataRules.Read(copy.Metadata.Span).Ttr == -1);

    private static async ValueTask ApplyAsync(StoreChange change, bool isDelete, Session session)
    {
        var results = await session.Server.Store.ApplyAsync([change], CancellationToken.None);
        if (results[0].CommitId >= 0)
        {
            session.Server.Committed(results, isDelete);
        }
    }

    private static Response Answer(RemoteRecord remote, string full, LookupOperation operation, Session session)
    {
        switch (operation)
        {
            case LookupOperation.Value:
                return remote.Value is null ? Response.Null : Response.Data(remote.Value);
            case LookupOperation.Meta:
                return Response.Data(remote.MetadataJson);
        }

        var payload = session.NewPayload();
        payload.Write("{\"key\":"u8);
        JsonText.WriteString(full, payload);
        if (remote.Value is not null)
        {
            payload.Write(",\"data\":"u8);
            JsonText.WriteString(remote.Value, payload);
        }

        payload.Write(",\"metaData\":"u8);
        payload.Write(Encoding.UTF8.GetBytes(remote.MetadataJson));
        payload.Write("}"u8);
        return Response.Data(payload.Written);
    }
}
