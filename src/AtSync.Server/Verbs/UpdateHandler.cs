using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>update:ttl:1000:@bob:phone.app@alice 123</c> → <c>data:17</c>, the commit id, once it is on disk; <c>-1</c> for what is not logged.
/// </summary>
internal static class UpdateHandler
{
    public static ValueTask<Response> HandleAsync(UpdateVerb verb, Session session) => Prepare(verb, session, ifCommit: null).ApplyAsync(session);

    public static PreparedChange Prepare(UpdateVerb verb, Session session, long? ifCommit)
    {
        if (KeyRules.Compose(isCached: false, verb.IsPublic, verb.SharedWith, verb.Key, verb.Owner, out var key) is { } malformed)
        {
            return malformed;
        }

        return Prepare(key, verb.Owner, verb.Metadata, verb.Value, verb.NoCommit, session, ifCommit);
    }

    /// <summary>What all three forms of update share. <paramref name="value"/> is null for <c>update:meta</c>.</summary>
    public static PreparedChange Prepare(
        string key, string? owner, AtMetadata metadata, ReadOnlyMemory<byte>? value, bool isUnlogged, Session session, long? ifCommit)
    {
        if (owner is not null && AtSign.TryParse(owner, out var of, out _) && of != session.Server.Owner)
        {
            return new AtError(
                AtErrorCodes.InvalidKey, $"Invalid update command - sharedBy atsign {of} should be same as current atsign {session.Server.Owner}");
        }

        if ((MetadataRules.Check(metadata) ?? KeyRules.CheckWritable(key) ?? AccessPolicy.CheckWrite(session.Caller, key, "update")) is { } refusal)
        {
            return refusal;
        }

        if (value is { Length: var length } && length > session.Limits.ValueBytesMax)
        {
            return new AtError(
                AtErrorCodes.IllegalArguments,
                $"value of {length} bytes is greater than the {session.Limits.ValueBytesMax} allowed: split it over several records");
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var owed = OwedNotification.For(key, session.Server.Owner, metadata, now, session.Host);
        return new PreparedChange(new UpdateChange(key, metadata, value, now, !isUnlogged && AtKey.IsLogged(key), ifCommit, owed), null);
    }
}
