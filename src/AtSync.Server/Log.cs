using AtSync.Protocol;
using Microsoft.Extensions.Logging;

namespace AtSync.Server;

/// <summary>Every message of this project; event ids 4000 to 4099. Kinds, ids and sizes; never values or secrets.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Information, "{AtSign} is hosted here now.")]
    public static partial void AtSignAdded(ILogger log, AtSign atSign);

    [LoggerMessage(4001, LogLevel.Information, "{AtSign} and everything it held was removed.")]
    public static partial void AtSignRemoved(ILogger log, AtSign atSign);

    [LoggerMessage(4002, LogLevel.Debug, "Connection {ConnectionId} opened for {AtSign}.")]
    public static partial void ConnectionOpened(ILogger log, string connectionId, string atSign);

    [LoggerMessage(4003, LogLevel.Debug, "Connection {ConnectionId} ended.")]
    public static partial void ConnectionEnded(ILogger log, string connectionId);

    [LoggerMessage(4004, LogLevel.Warning, "{AtSign}: a connection was turned away, {Max} are open already.")]
    public static partial void ConnectionRefused(ILogger log, AtSign atSign, int max);

    [LoggerMessage(4005, LogLevel.Error, "Connection {ConnectionId}: the store failed.")]
    public static partial void StoreFailed(ILogger log, Exception failure, string connectionId);

    [LoggerMessage(4018, LogLevel.Debug, "Connection {ConnectionId}: a command was refused, the store is full.")]
    public static partial void StoreFull(ILogger log, string connectionId);

    [LoggerMessage(4006, LogLevel.Error, "Connection {ConnectionId}: a command failed inside the server; the connection ends.")]
    public static partial void CommandFailed(ILogger log, Exception failure, string connectionId);

    [LoggerMessage(4007, LogLevel.Information, "{AtSign}: {Proof} authentication on connection {ConnectionId}.")]
    public static partial void Authenticated(ILogger log, AtSign atSign, string proof, string connectionId);

    [LoggerMessage(4008, LogLevel.Warning, "{AtSign}: {Proof} authentication failed on connection {ConnectionId}.")]
    public static partial void AuthenticationFailed(ILogger log, AtSign atSign, string proof, string connectionId);

    [LoggerMessage(4009, LogLevel.Information, "{AtSign}: its one-time secret is gone, it is activated.")]
    public static partial void Activated(ILogger log, AtSign atSign);

    [LoggerMessage(4010, LogLevel.Information, "{AtSign}: enrollment {EnrollmentId} approved.")]
    public static partial void Enrolled(ILogger log, AtSign atSign, string enrollmentId);

    [LoggerMessage(4016, LogLevel.Information, "{AtSign}: enrollment {EnrollmentId} is {State}.")]
    public static partial void EnrollmentChanged(ILogger log, AtSign atSign, string enrollmentId, string state);

    [LoggerMessage(4017, LogLevel.Warning, "{AtSign}: an enrollment request with a wrong passcode on connection {ConnectionId}.")]
    public static partial void PasscodeRefused(ILogger log, AtSign atSign, string connectionId);

    [LoggerMessage(4011, LogLevel.Debug, "{AtSign}: {Count} expired records removed.")]
    public static partial void Swept(ILogger log, AtSign atSign, int count);

    [LoggerMessage(4012, LogLevel.Error, "{AtSign}: the sweep for expired records failed; it will be tried again.")]
    public static partial void SweepFailed(ILogger log, Exception failure, AtSign atSign);

    [LoggerMessage(4018, LogLevel.Debug, "{Count} expired records and notifications of quiet atSigns removed.")]
    public static partial void SweptAll(ILogger log, int count);

    [LoggerMessage(4019, LogLevel.Error, "The sweep over all atSigns failed; it will be tried again.")]
    public static partial void SweepAllFailed(ILogger log, Exception failure);

    [LoggerMessage(4013, LogLevel.Information, "Draining: {Count} connections are asked to end.")]
    public static partial void Draining(ILogger log, int count);

    [LoggerMessage(4014, LogLevel.Warning, "{Count} connections did not end in time and are aborted.")]
    public static partial void DrainAborts(ILogger log, int count);

    [LoggerMessage(4015, LogLevel.Debug, "Connection {ConnectionId}: {Word} {Key}")]
    public static partial void Command(ILogger log, string connectionId, string word, string key);

    [LoggerMessage(4050, LogLevel.Debug, "{AtSign}: the outbox stops; what waits stays in the store.")]
    public static partial void OutboxStopped(ILogger log, Exception failure, AtSign atSign);

    [LoggerMessage(4051, LogLevel.Warning, "{AtSign}: nothing can be sent to {Peer} now, it will be tried again: {Reason}")]
    public static partial void PeerUnreachable(ILogger log, AtSign atSign, AtSign peer, string reason);

    [LoggerMessage(4052, LogLevel.Warning, "{AtSign}: {Peer} refused a notification with {Code}; given up: {IsForGood}.")]
    public static partial void NotificationRefused(ILogger log, AtSign atSign, AtSign peer, string code, bool isForGood);

    [LoggerMessage(4053, LogLevel.Information, "{AtSign}: {Peer} proved itself on connection {ConnectionId}.")]
    public static partial void PeerProven(ILogger log, AtSign atSign, AtSign peer, string connectionId);

    [LoggerMessage(4055, LogLevel.Error, "The refresh of cached copies failed; it will be tried again.")]
    public static partial void RefreshFailed(ILogger log, Exception failure);

    [LoggerMessage(4054, LogLevel.Warning, "{AtSign}: the public key of {Peer} changed; the key shared with it was put aside.")]
    public static partial void PublicKeyChanged(ILogger log, AtSign atSign, AtSign peer);

    [LoggerMessage(4090, LogLevel.Information, "Administration: {Command} {Subject} is done.")]
    public static partial void Administered(ILogger log, string command, string subject);

    [LoggerMessage(4091, LogLevel.Warning, "Administration: not done: {Reason}")]
    public static partial void AdministrationFailed(ILogger log, string reason);
}
