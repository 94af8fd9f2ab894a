using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>config:block:add:@bob @carol</c> → <c>data:success</c>; <c>config:block:show</c> → <c>data:["@bob","@carol"]</c>. Settings cannot be changed over the wire:
/// the server has them from its configuration.
/// </summary>
internal static class ConfigHandler
{
    private const int EntriesMax = 10_000;

    public static async ValueTask<Response> HandleAsync(ConfigVerb verb, Session session)
    {
        if (!verb.Operation.StartsWith("block:", StringComparison.Ordinal))
        {
            return Response.Data("testing mode disabled by default");
        }

        if (EnrollmentAuthority.CheckRoot(session.Caller, $"config:{verb.Operation}") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var atSigns = verb.AtSigns ?? [];
        foreach (var atSign in atSigns)
        {
            if (!AtSign.TryParse(atSign, out _, out var problem))
            {
                return Response.Refuse(AtErrorCodes.InvalidSyntax, problem);
            }
        }

        var blocked = session.Server.Blocked;
        var listed = await blocked.ListAsync(session.Closed);
        switch (verb.Operation)
        {
            case "block:add":
                if (listed.Count + atSigns.Count > EntriesMax)
                {
                    return Response.Refuse(AtErrorCodes.IllegalArguments, $"a block list has at most {EntriesMax} atSigns");
                }

                await blocked.AddAsync(atSigns);
                await EndBlockedAsync(session.Server, blocked, session.Closed);
                return Response.Data("success");
            case "block:remove":
                if (listed.Count == 0)
                {
                    return Response.Null;
                }

                await blocked.RemoveAsync([.. atSigns]);
                return Response.Data("success");
            default:
                return listed.Count == 0 ? Response.Null : Response.Data(EnrollmentDocument.Write(json =>
                {
                    json.WriteStartArray();
                    foreach (var entry in listed)
                    {
                        json.WriteStringValue(entry);
                    }

                    json.WriteEndArray();
                }));
        }
    }

    /// <summary>Those that are blocked now and have proven themselves before are not spoken to any longer.</summary>
    private static async ValueTask EndBlockedAsync(AtServer server, BlockList blocked, CancellationToken cancellationToken)
    {
        foreach (var other in server.Sessions)
        {
            if (other.Caller is Caller.Peer peer && await blocked.HoldsAsync(peer.AtSign, cancellationToken))
            {
                other.RequestEnd(new AtError(AtErrorCodes.Blocked, "Unable to connect", Closes: true));
            }
        }
    }
}
