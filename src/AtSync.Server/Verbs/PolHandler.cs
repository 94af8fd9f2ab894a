using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>pol</c> → <c>@bob@</c>, without a line end: another atServer's proof, checked by asking the atSign's own server, found through the atDirectory.
/// A server that has no way to peers says so instead of leaving the caller to guess.
/// </summary>
internal static class PolHandler
{
    public static async ValueTask<Response> HandleAsync(Session session)
    {
        var own = session.Server.Owner;
        if (session.TakeChallenge() is not { } challenge || challenge.Claimed == own)
        {
            return Response.Refuse(
                AtErrorCodes.InternalException, "You must execute a 'from:' command before you may run the pol command", closes: true);
        }

        var peer = challenge.Claimed;
        if (session.Host.Peers is not { } hub)
        {
            return RecordAnswer.OfOther(peer);
        }

        if (session.Host.PolGuard.Enter(session.Address) is { } tooMany)
        {
            return Response.Refuse(tooMany);
        }

        var isProven = false;
        try
        {
            var answer = await CheckAsync(peer, challenge, hub, session);
            isProven = answer is null;
            if (answer is not null)
            {
                return answer;
            }
        }
        catch (PeerException failure)
        {
            return Response.Refuse(failure.Error);
        }
        finally
        {
            session.Host.PolGuard.Leave(session.Address, isProven);
        }

        session.Authenticate(new Caller.Peer(peer));
        session.Server.Access.Proven(peer.ToString());
        Log.PeerProven(session.Host.Logger, own, peer, session.Id);
        return new RawResponse { Bytes = Encoding.UTF8.GetBytes($"{peer}@") };
    }

    /// <summary>Null when it is proven.</summary>
    private static async ValueTask<Response?> CheckAsync(AtSign peer, Challenge challenge, PeerHub hub, Session session)
    {
        if (hub.Options.RequireCertificate && await CheckCertificateAsync(peer, hub, session) is { } refusal)
        {
            return refusal;
        }

        var parts = challenge.Text.Split(':');
        switch (await PeerHandshake.VerifyAsync(hub, session.Server.Store, peer, parts[0], parts[1], session.Closed))
        {
            case null:
                return Response.Refuse(AtErrorCodes.InternalException, "Unable to verify signature", closes: true);
            case false:
                Log.AuthenticationFailed(session.Host.Logger, session.Server.Owner, "pol", session.Id);
                return Response.Refuse(session.LoginFailed("Pol Authentication Failed"));
            default:
                return null;
        }
    }

    /// <summary>The certificate must be for the host at which the atSign is reached.</summary>
    private static async ValueTask<Response?> CheckCertificateAsync(AtSign peer, PeerHub hub, Session session)
    {
        var address = await hub.Directory.FindAsync(peer, session.Closed);
        return session.Connection.PeerCertificate is { } certificate && certificate.MatchesHostname(address.Host)
            ? null
            : Response.Refuse(
                AtErrorCodes.Unauthenticated, $"this atServer takes {peer} only with a client certificate for {address.Host}, signed by an authority it trusts");
    }
}
