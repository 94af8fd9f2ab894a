using System.Net;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Enrollments;
using AtSync.Server.Notifications;
using AtSync.Transport;
using Monitor = AtSync.Server.Notifications.Monitor;

namespace AtSync.Server.Sessions;

/// <summary>
/// What is known about one connection: which atSign it is for, who calls, how answers are spelled. Used by the one loop that runs its commands
/// in order; only <see cref="Output"/> and <see cref="RequestEnd()"/> are for others.
/// </summary>
internal sealed class Session(AtServerHost host, IConnection connection) : IAsyncDisposable
{
    private readonly List<DateTimeOffset> _enrollmentRequests = [];
    private List<AnswerBuffer>? _answerParts;
    private AtServer? _server;
    private Caller _caller = Caller.Anonymous.Instance;
    private EndTimer? _end;
    private AtError? _endReason;
    private int _loginFailures;
    private volatile bool _isEnding;

    /// <summary>Goes into challenges; begins with an underscore as the reference's do.</summary>
    public string Id { get; } = "_" + host.Options.Random.NewUuid();

    public AtServerHost Host { get; } = host;

    public IConnection Connection { get; } = connection;

    public SessionOutput Output { get; } = new(connection);

    /// <summary>What limits per address count.</summary>
    public IPAddress Address { get; } = PeerAddress.KeyOf(connection.RemoteEndPoint);

    public AtServerLimits Limits => Host.Limits;

    public TimeProvider Clock => Host.Options.TimeProvider;

    /// <summary>Whether the connection has an atSign: by its port, its host name or <c>to:</c>.</summary>
    public bool HasServer => _server is not null;

    /// <summary>The atSign's server; handlers run only when there is one.</summary>
    public AtServer Server => _server ?? throw new InvalidOperationException("The connection is for no atSign yet.");

    public Caller Caller => Volatile.Read(ref _caller);

    /// <summary>Fires when the peer is gone.</summary>
    public CancellationToken Closed => Connection.Closed;

    /// <summary>True once the connection shall end after the command that runs.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>The client said that its version is above 3.0.37.</summary>
    public bool HasJsonErrors { get; set; }

    /// <summary>The client sent a <c>clientConfig</c>; old ones do not.</summary>
    public bool HasSaidWho { get; set; }

    public Challenge? Challenge { get; set; }

    public Monitor? Monitor { get; private set; }

    public DateTimeOffset OpenedAt { get; } = host.Options.TimeProvider.GetUtcNow();

    public ResponseStyle Style => Caller.IsOwner
        ? new ResponseStyle(Server.Prompt, Server.Prompt, IsAuthenticated: true, HasJsonErrors)
        : new ResponseStyle(PeerPrompt, "@", IsAuthenticated: false, HasJsonErrors);

    private string PeerPrompt => Caller is Caller.Peer peer ? $"{peer.AtSign}@" : "@";

    /// <summary>What is known of the line that is arriving and has not ended.</summary>
    public UnfinishedLine Unfinished { get; } = new(host.UnfinishedInput);

    public TimeSpan IdleLimit => Unfinished.IsThere ? Limits.UnfinishedLineTime
        : Caller.IsOwner ? Limits.IdleAuthenticated
        : Limits.IdleUnauthenticated;

    /// <summary>Why the connection ends, where the peer is to be told.</summary>
    public AtError? EndReason => Volatile.Read(ref _endReason);

    public int LineBytesMax => Caller.IsOwner ? Limits.LineBytesMax : Math.Min(Limits.LineBytesMax, Limits.LineBytesUnauthenticatedMax);

    public void Join(AtServer server) => _server = server;

    public void Authenticate(Caller caller)
    {
        Interlocked.Exchange(ref _caller, caller);
        EndAt(caller.Enrollment?.ExpiresAt);
    }

    /// <summary>A wrong proof: an earlier one ends with it, as for the reference. The answer ends the connection when there were too many.</summary>
    public AtError LoginFailed(string detail)
    {
        Unauthenticate();
        return ++_loginFailures < Limits.LoginFailuresPerConnectionMax
            ? new AtError(AtErrorCodes.Unauthenticated, detail)
            : new AtError(AtErrorCodes.Unauthenticated, $"{detail}; {_loginFailures} times on this connection (LoginFailuresPerConnectionMax), so it ends", Closes: true);
    }

    /// <summary>The caller is nobody again.</summary>
    public void Unauthenticate()
    {
        Interlocked.Exchange(ref _caller, Caller.Anonymous.Instance);
        EndAt(null);
    }

    /// <summary>The enrollment of the caller changed; from any thread. Does nothing when the caller is another one by now.</summary>
    public void Refresh(Enrollment enrollment)
    {
        if (Caller is Caller.Owner { GrantedBy: { } known } owner && known.Id == enrollment.Id
            && Interlocked.CompareExchange(ref _caller, owner with { GrantedBy = enrollment }, owner) == owner)
        {
            EndAt(enrollment.ExpiresAt);
        }
    }

    /// <summary>Ends the connection at a moment, whether or not commands come; null is never.</summary>
    public void EndAt(DateTimeOffset? at)
    {
        if (at is not null && _end is null)
        {
            Interlocked.CompareExchange(ref _end, new EndTimer(Clock, RequestEnd), null);
        }

        _end?.Set(at);
    }

    /// <summary>The challenge for one attempt, or null when there is none or it is too old.</summary>
    public Challenge? TakeChallenge()
    {
        var challenge = Challenge;
        Challenge = null;
        return challenge is not null && challenge.ExpiresAt > Clock.GetUtcNow() ? challenge : null;
    }

    /// <summary>Starts following the atSign's commits and notifications, or changes how.</summary>
    public void StartMonitor(MonitorWish wish, bool isAnnounced)
    {
        if (Monitor is { } running)
        {
            running.Change(wish);
        }
        else
        {
            Monitor = new Monitor(this, wish);
            Server.Stats.Add(Monitor);
            Monitor.Start();
        }

        if (isAnnounced)
        {
            Monitor.Wake();
        }
    }

    /// <summary>Counts an enrollment request; false when there were too many of late.</summary>
    public bool TryCountEnrollmentRequest()
    {
        var now = Clock.GetUtcNow();
        _enrollmentRequests.RemoveAll(at => now - at >= Limits.EnrollmentRequestsWindow);
        if (_enrollmentRequests.Count >= Limits.EnrollmentRequestsMax)
        {
            return false;
        }

        _enrollmentRequests.Add(now);
        return true;
    }

    /// <summary>A buffer for an answer's payload; its memory goes back once the answer was taken over.</summary>
    public AnswerBuffer NewPayload()
    {
        var part = new AnswerBuffer();
        (_answerParts ??= []).Add(part);
        return part;
    }

    public void ReleasePayloads()
    {
        if (_answerParts is { Count: > 0 } parts)
        {
            foreach (var part in parts)
            {
                part.Dispose();
            }

            parts.Clear();
        }
    }

    /// <summary>Ends the connection after the command that runs, if any, and says why. From any thread.</summary>
    public void RequestEnd(AtError reason)
    {
        Interlocked.CompareExchange(ref _endReason, reason, null);
        RequestEnd();
    }

    /// <summary>Ends the connection after the command that runs, if any. From any thread.</summary>
    public void RequestEnd()
    {
        _isEnding = true;
        Connection.Input.CancelPendingRead();
    }

    public async ValueTask DisposeAsync()
    {
        ReleasePayloads();
        Unfinished.End();
        if (Monitor is { } monitor)
        {
            Server.Stats.Remove(monitor);
            await monitor.DisposeAsync();
        }

        _end?.Dispose();
        Output.Dispose();
    }
}
