using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>delete:@bob:phone.app@alice</c> → <c>data:20</c>, also for what is not there. <c>delete:privatekey:at_secret</c> ends the activation: the
/// secret goes and a mark that it was there stays, so that it never comes back.
/// </summary>
internal static class DeleteHandler
{
    public static ValueTask<Response> HandleAsync(DeleteVerb verb, Session session) =>
        IsOfSecret(verb) ? DeleteSecretAsync(session) : Prepare(verb, session, ifCommit: null).ApplyAsync(session);

    public static bool IsOfSecret(DeleteVerb verb) => verb.Key.Equals(KeyRules.Secret, StringComparison.OrdinalIgnoreCase);

    public static PreparedChange Prepare(DeleteVerb verb, Session session, long? ifCommit)
    {
        var own = session.Server.Owner;
        if ((KeyRules.Compose(verb.IsCached, verb.IsPublic, verb.SharedWith, verb.Key, verb.Owner, out var key)
            ?? KeyRules.Compose(isCached: false, isPublic: false, null, verb.Key, verb.Owner, out _)) is { } malformed)
        {
            return malformed;
        }

        KeyRules.Compose(isCached: false, isPublic: false, null, verb.Key, verb.Owner, out var withoutPrefix);
        if (!verb.IsCached && verb.Owner is not null && AtSign.TryParse(verb.Owner, out var of, out _) && of != own)
        {
            return new AtError(AtErrorCodes.InvalidKey, $"Invalid delete command - sharedBy atsign {of} should be same as current atsign {own}");
        }

        if ((KeyRules.CheckDeletable(key, withoutPrefix, own, verb.IsCached) ?? AccessPolicy.CheckWrite(session.Caller, key, "delete")) is { } refusal)
        {
            return refusal;
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var change = new DeleteChange(
            key,
            now,
            verb.DeletedAt?.ToUnixTimeMilliseconds() ?? now,
            // A cached copy is its holder's to drop, whatever its origin said.
            isForced: verb.Force || verb.IsCached,
            isLogged: !verb.NoCommit && AtKey.IsLogged(key),
            ifCommit,
            OwedNotification.For(key, own, verb.DeletedAt is { } at ? AtMetadata.Empty with { UpdatedAt = at } : AtMetadata.Empty, now, session.Host));
        return new PreparedChange(change, null, IsDelete: true);
    }

    private static async ValueTask<Response> DeleteSecretAsync(Session session)
    {
        if (AccessPolicy.CheckWrite(session.Caller, KeyRules.Secret, "delete") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await session.Server.Store.ApplyAsync(
            [
                new DeleteChange(KeyRules.Secret, now, now, isForced: true, isLogged: false),
                ServerChange.Silent(KeyRules.SecretDeleted, "true", now),
            ],
            CancellationToken.None);
        Log.Activated(session.Host.Logger, session.Server.Owner);
        return Response.Data("-1");
    }
}
