using AtSync.Protocol;
using AtSync.Server.Enrollments;
using AtSync.Server.Housekeeping;
using AtSync.Server.Notifications;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server;

/// <summary>
/// One atSign while somebody is connected to it: everything that belongs to the atSign and is not in its store hangs here. Made on the first
/// connection, dropped some time after the last, so that a quiet atSign costs no object.
/// </summary>
internal sealed class AtServer(IKeyStore store, AtServerHost host) : IDisposable
{
    // Guards the set; nothing runs under it.
    private readonly Lock _gate = new();
    private readonly HashSet<Session> _sessions = [];
    private bool _isClosed;

    public AtSign Owner { get; } = store.Owner;

    public IKeyStore Store { get; } = store;

    public AtServerHost Host { get; } = host;

    /// <summary>Of authenticated connections: <c>@alice@</c>.</summary>
    public string Prompt { get; } = $"{store.Owner}@";

    public StatsNotifier Stats { get; } = new(host.Options.TimeProvider, host.Limits.StatsInterval);

    public NotificationBook Notifications => new(this);

    public RecordText Text { get; } = new(store.Owner);

    public EnrollmentBook Enrollments { get; } = new(store, host.Options.TimeProvider);

    public Passcodes Passcodes { get; } = new(store, host.Options.TimeProvider, host.Options.Random);

    public PasscodeGuard PasscodeGuard { get; } = new(host.Options.TimeProvider, () => host.Limits);

    public LoginGuard LoginGuard { get; } = new(host.Options.TimeProvider, () => host.Limits);

    public EnrollmentRequests EnrollmentRequests { get; } = new(host.Options.TimeProvider, () => host.Limits);

    public BlockList Blocked { get; } = new(store, host.Options.TimeProvider);

    public AccessLog Access { get; } = new();

    public NewestMatches NewestMatches { get; } = new();

    /// <summary>When the last connection left; meaningless while there is one.</summary>
    public DateTimeOffset IdleSince { get; private set; } = host.Options.TimeProvider.GetUtcNow();

    public IReadOnlyList<Session> Sessions
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions];
            }
        }
    }

    public int SessionCount
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    public EnterResult TryEnter(Session session)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return EnterResult.NotHosted;
            }

            if (_sessions.Count >= Host.Limits.ConnectionsPerAtSignMax)
            {
                return EnterResult.Full;
            }

            _sessions.Add(session);
            session.Join(this);
            return EnterResult.Entered;
        }
    }

    public void Leave(Session session)
    {
        lock (_gate)
        {
            if (_sessions.Remove(session))
            {
                IdleSince = Host.Options.TimeProvider.GetUtcNow();
            }
        }
    }

    /// <summary>Lets nobody in any more; false when somebody is inside and <paramref name="onlyWhenIdle"/> was asked.</summary>
    public bool TryClose(bool onlyWhenIdle)
    {
        lock (_gate)
        {
            if (onlyWhenIdle && _sessions.Count > 0)
            {
                return false;
            }

            _isClosed = true;
        }

        Stats.Dispose();
        return true;
    }

    /// <summary>What became of changes: monitors hear of it when something was committed.</summary>
    public void Committed(ReadOnlySpan<ChangeResult> results, bool lastWasDelete)
    {
        var count = 0;
        var owes = false;
        foreach (var result in results)
        {
            owes |= result.Owes;
            count += result is { Error: null, CommitId: >= 0 } ? 1 : 0;
        }

        if (count > 0)
        {
            ServerTelemetry.Committed(count);
            Stats.Committed(lastWasDelete);
        }

        if (owes)
        {
            OutboxHasNews();
        }
    }

    /// <summary>Something waits to be sent to another atSign.</summary>
    public void OutboxHasNews() => Host.OutboxHasNews(Owner);

    /// <summary>An enrollment changed: connections that are bound to it go on with what it is now.</summary>
    public void Refresh(Enrollment enrollment)
    {
        foreach (var session in Sessions)
        {
            session.Refresh(enrollment);
        }
    }

    public void Dispose() => Stats.Dispose();
}

/// <summary>Whether a connection got to its atSign.</summary>
internal enum EnterResult : byte
{
    Entered,
    NotHosted,
    Full,
}
