using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// A writing command, checked as far as possible without the store. Made apart from its execution so that a batch can hand many of them to the
/// store in one transaction.
/// </summary>
/// <param name="Change">Null when it is refused.</param>
/// <param name="Error">Why it is refused.</param>
/// <param name="IsDelete">For the statistics notification.</param>
internal readonly record struct PreparedChange(StoreChange? Change, AtError? Error, bool IsDelete = false)
{
    public static implicit operator PreparedChange(AtError error) => new(null, error);

    /// <summary>Null when the verb is not one that writes a single record.</summary>
    public static PreparedChange? Of(Verb verb, Session session, long? ifCommit) => verb switch
    {
        UpdateVerb update => UpdateHandler.Prepare(update, session, ifCommit),
        UpdateMetaVerb updateMeta => UpdateMetaHandler.Prepare(updateMeta, session, ifCommit),
        UpdateJsonVerb updateJson => UpdateJsonHandler.Prepare(updateJson, session, ifCommit),
        DeleteVerb delete when !DeleteHandler.IsOfSecret(delete) => DeleteHandler.Prepare(delete, session, ifCommit),
        _ => (PreparedChange?)null,
    };

    /// <summary>Applies the change alone and answers with its commit id.</summary>
    public async ValueTask<Response> ApplyAsync(Session session)
    {
        if (Change is null)
        {
            return Response.Refuse(Error!);
        }

        var server = session.Server;
        var results = await server.Store.ApplyAsync([Change], CancellationToken.None);
        server.Committed(results, IsDelete);
        return results[0] is { Error: { } error }
            ? Response.Refuse(error)
            : Response.Data(results[0].CommitId.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
