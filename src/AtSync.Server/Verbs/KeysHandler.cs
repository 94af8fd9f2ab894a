using System.Text;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>keys:get:keyName:&lt;id&gt;.default_self_enc_key.__manage@alice</c> → <c>data:{"value":…,"iv":…}</c>: keys that go with an enrollment. It reaches its own,
/// those put with this verb by it, and public ones; no other key of the store.
/// </summary>
internal static class KeysHandler
{
    public static async ValueTask<Response> HandleAsync(KeysVerb verb, Session session)
    {
        if (session.Caller.Enrollment is not { } enrollment)
        {
            return Response.Refuse(AtErrorCodes.InternalException, "Keys verb cannot be accessed without an enrollmentId");
        }

        return verb.Operation switch
        {
            "put" => await PutAsync(verb, enrollment, session),
            "delete" => await DeleteAsync(verb, enrollment, session),
            _ when verb.KeyName is { } name => await GetAsync(AtKey.Fold(name), enrollment, session),
            _ => await ListAsync(verb.Visibility, enrollment, session),
        };
    }

    private static async ValueTask<Response> PutAsync(KeysVerb verb, Enrollment enrollment, Session session)
    {
        // Parts that are not given are spelled "null", as the reference does.
        var name = verb.KeyName ?? "null";
        var space = verb.Namespace ?? "null";
        var device = $"{verb.AppName ?? "null"}.{verb.DeviceName ?? "null"}";
        var text = verb.Visibility switch
        {
            "public" => $"public:{name}.__public_keys.{space}",
            "private" => $"private:{device}.{name}.__private_keys.{space}",
            "self" => $"{device}.{name}.__self_keys.{space}",
            _ => null,
        };
        if (text is null)
        {
            return Response.Null;
        }

        var key = AtKey.Fold(text + session.Server.Owner);
        if (KeyRules.CheckLength(key) is { } tooLong)
        {
            return Response.Refuse(tooLong);
        }

        if (AtKey.KindOf(key) is not (AtKeyKind.Public or AtKeyKind.Private or AtKeyKind.Self))
        {
            return Response.Refuse(AtErrorCodes.InvalidKey, $"{key} is not a valid key");
        }

        // The namespace of keys for all apps is every enrollment's to use; any other has to be granted.
        if (space is not ("__global" or "null") && AccessPolicy.CheckKeep(session.Caller, key, "keys:put") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var value = EnrollmentDocument.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("value", verb.Value);
            json.WriteString("keyType", verb.KeyType);
            json.WriteString("enrollmentId", enrollment.Id);
            json.WriteString("encryptionKeyName", verb.EncryptionKeyName);
            json.WriteEndObject();
        });
        if (value.Length > session.Limits.ValueBytesMax)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, $"the key is greater than the {session.Limits.ValueBytesMax} bytes allowed");
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return await ApplyAsync(new OwnKeyChange(ServerChange.Silent(key, value, now), enrollment.Id, Unauthorized(enrollment, "put", key)), session);
    }

    private static async ValueTask<Response> GetAsync(string key, Enrollment enrollment, Session session)
    {
        var isDefault = IsOwnDefault(key, enrollment, session);
        if (!isDefault && !IsKeyOfKeys(key, session))
        {
            return Response.Refuse(Unauthorized(enrollment, "get", key));
        }

        if (await session.Server.Store.GetAsync(key, session.Closed) is not { HasValue: true } record)
        {
            return Response.Refuse(AtErrorCodes.KeyNotFound, $"key {key} not found in keystore");
        }

        return isDefault || key.StartsWith("public:", StringComparison.Ordinal) || HolderOf(record) == enrollment.Id
            ? Response.Data(record.Value)
            : Response.Refuse(Unauthorized(enrollment, "get", key));
    }

    private static async ValueTask<Response> DeleteAsync(KeysVerb verb, Enrollment enrollment, Session session)
    {
        if (verb.KeyName is not { } name)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "keys:delete requires keyName:<full key>");
        }

        var key = AtKey.Fold(name);
        if (!IsOwnDefault(key, enrollment, session) && !IsKeyOfKeys(key, session))
        {
            return Response.Refuse(Unauthorized(enrollment, "delete", key));
        }

        var delete = session.Server.Enrollments.Delete(key);
        return await ApplyAsync(
            IsOwnDefault(key, enrollment, session) ? delete : new OwnKeyChange(delete, enrollment.Id, Unauthorized(enrollment, "delete", key)), session);
    }

    /// <summary>The names of the enrollment's keys of one kind.</summary>
    private static async ValueTask<Response> ListAsync(string? visibility, Enrollment enrollment, Session session)
    {
        var names = new List<string>();
        var found = new List<string>();
        var store = session.Server.Store;
        if (visibility is not null)
        {
            var mark = Encoding.UTF8.GetBytes($".__{visibility}_keys.");
            await store.ScanAsync(visibility == "self" ? "" : $"{visibility}:", (in KeyView key) =>
            {
                if (key.Key.IndexOf(mark) > 0)
                {
                    names.Add(Encoding.UTF8.GetString(key.Key));
                }

                return true;
            }, session.Closed);
        }

        foreach (var name in names)
        {
            if (IsKeyOfKeys(name, session) && await store.GetAsync(name, session.Closed) is { HasValue: true } record && HolderOf(record) == enrollment.Id)
            {
                found.Add(name);
            }
        }

        var own = visibility switch
        {
            "private" => EnrollmentBook.PrivateKeyKeyOf(enrollment.Id, session.Server.Owner),
            "self" => EnrollmentBook.SelfKeyKeyOf(enrollment.Id, session.Server.Owner),
            _ => null,
        };
        if (own is not null && await store.GetAsync(own, session.Closed) is not null)
        {
            found.Add(own);
        }

        return Response.Data(EnrollmentDocument.Write(json =>
        {
            json.WriteStartArray();
            found.ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }));
    }

    private static async ValueTask<Response> ApplyAsync(StoreChange change, Session session)
    {
        var results = await session.Server.Store.ApplyAsync([change], CancellationToken.None);
        return results[0].Error is { } error ? Response.Refuse(error) : Response.Data("-1");
    }

    private static AtError Unauthorized(Enrollment enrollment, string operation, string key) => new(
        AtErrorCodes.Unauthorized, $"Connection with enrollment ID {enrollment.Id} is not authorized to keys:{operation} key: {key}");

    private static bool IsOwnDefault(string key, Enrollment enrollment, Session session) =>
        key == EnrollmentBook.PrivateKeyKeyOf(enrollment.Id, session.Server.Owner) || key == EnrollmentBook.SelfKeyKeyOf(enrollment.Id, session.Server.Owner);

    /// <summary>Whether this verb could have written it, or the server as a published login key.</summary>
    private static bool IsKeyOfKeys(string key, Session session)
    {
        if (!key.EndsWith(session.Server.Owner.ToString(), StringComparison.Ordinal))
        {
            return false;
        }

        return key.StartsWith("public:", StringComparison.Ordinal)
            ? key.Contains(".__public_keys.", StringComparison.Ordinal) || key.Contains(".__pkams.__public_keys@", StringComparison.Ordinal)
            : key.StartsWith("private:", StringComparison.Ordinal)
                ? key.Contains(".__private_keys.", StringComparison.Ordinal)
                : !key.Contains(':', StringComparison.Ordinal) && key.Contains(".__self_keys.", StringComparison.Ordinal);
    }

    /// <summary>The enrollment that a stored key says it belongs to, or null.</summary>
    private static string? HolderOf(StoredRecord record)
    {
        try
        {
            using var document = JsonDocument.Parse(record.Value);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("enrollmentId", out var id) && id.ValueKind == JsonValueKind.String
                    ? id.GetString()
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces or removes a key, unless it is another enrollment's.</summary>
    private sealed class OwnKeyChange(StoreChange change, string enrollmentId, AtError refusal) : StoreChange(change.Key)
    {
        // What a device keeps here is its own, so it counts as its records do.
        public override bool IsExempt => false;

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) =>
            current is null || HolderOf(current) == enrollmentId ? change.Decide(current, currentCommitId) : ChangeDecision.Refuse(refusal);
    }
}
