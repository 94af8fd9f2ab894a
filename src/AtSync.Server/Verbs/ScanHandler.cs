using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Peers;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>scan app@</c> → <c>data:["@bob:phone.app@alice","name.app@alice"]</c>: live keys in ordinal order. A stranger sees the public ones, without
/// their prefix. <c>scan:cl</c> lists the commit log instead: <c>[{"atKey":…,"operation":"*","commitId":7,"opTime":…}]</c>.
/// </summary>
internal static class ScanHandler
{
    private static ReadOnlySpan<byte> PublicPrefix => "public:"u8;

    public static async ValueTask<Response> HandleAsync(ScanVerb verb, Session session)
    {
        var isOwner = session.Caller.IsOwner;
        if (verb.ForAtSign is not null)
        {
            if (!AtSign.TryParse(verb.ForAtSign, out var other, out var problem))
            {
                return Response.Refuse(AtErrorCodes.InternalException, problem);
            }

            if (other != session.Server.Owner)
            {
                return isOwner && !verb.CommitLog
                    ? await ScanOtherAsync(other, verb.Regex, session)
                    : Response.Refuse(AtErrorCodes.Unauthenticated, "Scan to another atSign cannot be performed without auth");
            }
        }

        if (verb.CommitLog && !isOwner)
        {
            return Response.Refuse(AtErrorCodes.Unauthenticated, "Command cannot be executed without auth");
        }

        if (KeyPattern.TryRead(verb.Regex, session, isLasting: false, out var filter) is { } refusal)
        {
            return refusal;
        }

        var list = new KeyList(session, filter, verb.ShowHidden ?? false);
        if (verb.CommitLog)
        {
            await session.Server.Store.ReadLogAsync(-1, -1, list.VisitLog, session.Closed);
        }
        else if (isOwner)
        {
            await session.Server.Store.ScanAsync("", list.VisitOwn, session.Closed);
        }
        else if (session.Caller is Caller.Peer peer)
        {
            await session.Server.Store.ScanAsync($"{peer.AtSign}:", list.VisitShared, session.Closed);
        }
        else
        {
            await session.Server.Store.ScanAsync("public:", list.VisitPublic, session.Closed);
        }

        return filter is { HasGivenUp: true } ? Response.Refuse(KeyPattern.GivenUp) : Response.Data(list.Complete());
    }

    /// <summary>What the other atSign shares with this one, as its atServer lists it.</summary>
    private static async ValueTask<Response> ScanOtherAsync(AtSign other, string? regex, Session session)
    {
        if (session.Host.Peers is not { } hub)
        {
            return RecordAnswer.OfOther(other);
        }

        if (session.Caller.Enrollment is { ReadsEverything: false } enrollment)
        {
            // The other server cannot know which namespaces this device holds.
            return Response.Refuse(
                AtErrorCodes.Unauthorized, $"Connection with enrollment ID {enrollment.Id} is not authorized to scan {other}: it needs read access to all namespaces");
        }

        try
        {
            var answer = await hub.AskAsync(
                session.Server.Store, other, regex is null ? "scan" : $"scan {regex}", isProven: true, session.Closed);
            return answer.Error is { } error ? Response.Refuse(error.Code, error.Detail) : Response.Data(answer.Payload);
        }
        catch (PeerException failure)
        {
            return Response.Refuse(failure.Error);
        }
    }

    private sealed class KeyList
    {
        private readonly AnswerBuffer _output;
        private readonly Caller _caller;
        private readonly KeyPattern? _filter;
        private readonly bool _showsHidden;
        private readonly long _nowMs;
        private bool _hasKeys;

        public KeyList(Session session, KeyPattern? filter, bool showsHidden)
        {
            _output = session.NewPayload();
            _caller = session.Caller;
            _filter = filter;
            _showsHidden = showsHidden;
            _nowMs = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            _output.Write("["u8);
        }

        public bool VisitOwn(in KeyView key)
        {
            if (IsLive(key) && IsShown(key.Key) && Takes(key.Key) && MaySee(key.Key))
            {
                Separate();
                RecordText.WriteString(key.Key, _output);
            }

            return _filter is not { HasGivenUp: true };
        }

        public bool VisitPublic(in KeyView key)
        {
            var name = key.Key[PublicPrefix.Length..];
            if (IsLive(key) && !name.StartsWith("_"u8) && Takes(key.Key))
            {
                Separate();
                RecordText.WriteString(name, _output);
            }

            return _filter is not { HasGivenUp: true };
        }

        /// <summary>What is shared with another atSign, without its prefix.</summary>
        public bool VisitShared(in KeyView key)
        {
            if (IsLive(key) && Takes(key.Key))
            {
                Separate();
                RecordText.WriteString(key.Key[(key.Key.IndexOf((byte)':') + 1)..], _output);
            }

            return _filter is not { HasGivenUp: true };
        }

        public bool VisitLog(in LogEntryView entry)
        {
            if (IsShown(entry.Key) && Takes(entry.Key) && MaySee(entry.Key))
            {
                Separate();
                _output.Write("{\"atKey\":"u8);
                RecordText.WriteString(entry.Key, _output);
                _output.Write(",\"operation\":\""u8);
                _output.Write([(byte)entry.Op]);
                _output.Write("\",\"commitId\":"u8);
                _output.WriteNumber(entry.CommitId);
                _output.Write(",\"opTime\":\""u8);
                var at = DateTimeOffset.FromUnixTimeMilliseconds(entry.OpTimeMs).UtcDateTime;
                _output.Write(Encoding.ASCII.GetBytes(at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture)));
                _output.Write("\"}"u8);
            }

            return _filter is not { HasGivenUp: true };
        }

        public ReadOnlyMemory<byte> Complete()
        {
            _output.Write("]"u8);
            return _output.Written;
        }

        private bool Takes(ReadOnlySpan<byte> key) => _filter is null || _filter.Takes(key);

        private bool IsLive(in KeyView key) => !RecordLife.IsExpired(key.ExpiresAtMs, _nowMs) && !RecordLife.IsUnborn(key.AvailableAtMs, _nowMs);

        private bool IsShown(ReadOnlySpan<byte> key)
        {
            if (key.StartsWith("private:"u8) || key.StartsWith("privatekey:"u8))
            {
                return false;
            }

            if (key.StartsWith("public:_"u8))
            {
                return _showsHidden && key.StartsWith("public:__"u8);
            }

            return !key.StartsWith("_"u8) || _showsHidden;
        }

        private bool MaySee(ReadOnlySpan<byte> key) =>
            _caller.Enrollment is null || AccessPolicy.MaySee(_caller, Encoding.UTF8.GetString(key), KeyAudience.Scan);

        private void Separate()
        {
            if (_hasKeys)
            {
                _output.Write(","u8);
            }

            _hasKeys = true;
        }
    }
}
