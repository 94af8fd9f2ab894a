using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Server.Peers;
using AtSync.Storage.Server;
using Microsoft.Extensions.Logging;

namespace AtSync.Server;

/// <summary>State of a hosted atSign.</summary>
/// <param name="AtSign">Which.</param>
/// <param name="IsActivated">True once its secret is gone and a public key is there.</param>
/// <param name="Secret">The CRAM secret while it exists; never logged.</param>
/// <param name="Summary">Counts.</param>
public sealed record HostedAtSign(AtSign AtSign, bool IsActivated, string? Secret, StoreSummary Summary);

/// <summary>What an <see cref="AtServerHost"/> is composed of.</summary>
public sealed record AtServerOptions
{
    /// <summary>Stores; disposed by the caller.</summary>
    public required IStorageEngine Storage { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Challenges, ids.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Logs: kinds and sizes; key names at Debug; values never.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>Sizes and times.</summary>
    public AtServerLimits Limits { get; init; } = new();

    /// <summary>The way to other atServers; null for a server that knows none.</summary>
    public PeerOptions? Peers { get; init; }

    /// <summary>Whether a write to a record that is shared with another atSign tells that atSign.</summary>
    public bool AutoNotify { get; init; } = true;

    /// <summary>
    /// Makes the pair with which a new atSign signs towards other atServers; called once per atSign that is added, about 0.3 s of CPU.
    /// A simulation gives one that draws from a fixed set. The result is disposed after use.
    /// </summary>
    public Func<RsaPrivateKey> NewSigningKey { get; init; } = RsaPrivateKey.Generate;
}

/// <summary>Sizes and times of the server. May be changed while it runs: <see cref="AtServerHost.Limits"/>.</summary>
public sealed record AtServerLimits
{
    /// <summary>
    /// What an atSign may hold that has no limits of its own (<see cref="AtServerHost.SetQuotaAsync"/>). Records are not limited by default;
    /// notifications are, because strangers bring them.
    /// </summary>
    public StoreQuota Quota { get; init; } = new() { Notifications = 1_000_000, NotificationBytes = 4L << 30 };

    /// <summary>Most bytes of an input line.</summary>
    public int LineBytesMax { get; init; } = 10_240_000;

    /// <summary>
    /// Most bytes of an input line before authentication: a stranger must not be able to make the server hold ten megabytes per connection.
    /// Large enough for an enrollment request (500 KiB).
    /// </summary>
    public int LineBytesUnauthenticatedMax { get; init; } = 1_048_576;

    /// <summary>
    /// Most bytes of unfinished lines that all unauthenticated connections together may keep waiting; whoever adds to more is told so and closed.
    /// </summary>
    public long UnfinishedBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// How long a line may remain unfinished: before authentication from its first byte, after it from its latest. Then the connection is told so and
    /// closed.
    /// </summary>
    public TimeSpan UnfinishedLineTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time that a command may spend on matching a client's pattern against keys.</summary>
    public TimeSpan PatternTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of small answers to one read that are gathered into one write: one TLS record.</summary>
    public int AnswerBytesGathered { get; init; } = 16_384;

    /// <summary>Most changes of a batch that share a transaction, so that other atSigns of the same file wait no longer than that.</summary>
    public int ChangesPerTransactionMax { get; init; } = 5000;

    /// <summary>Most entries of a sync page when the client names no limit.</summary>
    public int PageEntriesDefault { get; init; } = 2000;

    /// <summary>Most entries of a sync page whatever the client asks for.</summary>
    public int PageEntriesMax { get; init; } = 5000;

    /// <summary>Most bytes of a sync page (one entry always goes).</summary>
    public int PageBytesMax { get; init; } = 5_242_880;

    /// <summary>Most bytes of a sealed value.</summary>
    public int ValueBytesMax { get; init; } = 5 * 1024 * 1024;

    /// <summary>Most steps of <c>atsign://</c> references that a lookup follows.</summary>
    public int ReferenceDepthMax { get; init; } = 3;

    /// <summary>Longest wait that <c>noop:</c> may ask for.</summary>
    public TimeSpan NoopMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Life of a challenge.</summary>
    public TimeSpan ChallengeLife { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wrong proofs (<c>cram</c>, <c>pkam</c>, <c>pol</c>) after which a connection ends.</summary>
    public int LoginFailuresPerConnectionMax { get; init; } = 5;

    /// <summary>
    /// Wrong proofs of one address for one atSign within <see cref="LoginFailureWindow"/> that cost nothing; after each further one, the next attempt waits
    /// before it is looked at, longer each time.
    /// </summary>
    public int LoginFailuresPerAddressMax { get; init; } = 10;

    /// <summary>
    /// Wrong proofs for one atSign within <see cref="LoginFailureWindow"/>, from wherever, after which every address waits that has not proven itself
    /// before. Those that have do not: strangers must not be able to keep the owner out.
    /// </summary>
    public int LoginFailuresPerAtSignMax { get; init; } = 100;

    /// <summary>See <see cref="LoginFailuresPerAddressMax"/>.</summary>
    public TimeSpan LoginFailureWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most proofs for one atSign that wait at a time because of wrong ones before; more are refused unseen.</summary>
    public int LoginsWaitingMax { get; init; } = 100;

    /// <summary>
    /// Most proofs of other atServers (<c>pol</c>) that are being checked at a time, which means asking the atDirectory and the other atServer; in all...
    /// </summary>
    public int PolsInFlightMax { get; init; } = 64;

    /// <summary>...and of one address.</summary>
    public int PolsInFlightPerAddressMax { get; init; } = 8;

    /// <summary>Proofs of one address that may fail within <see cref="PolFailureWindow"/>; then further ones are refused unseen.</summary>
    public int PolFailuresPerAddressMax { get; init; } = 30;

    /// <summary>See <see cref="PolFailuresPerAddressMax"/>.</summary>
    public TimeSpan PolFailureWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most enrollment requests with a passcode for one atSign within <see cref="EnrollmentRequestsWindow"/>, from wherever.</summary>
    public int EnrollmentRequestsPerAtSignMax { get; init; } = 100;

    /// <summary>Most enrollments of one atSign that wait for a decision.</summary>
    public int EnrollmentsPendingMax { get; init; } = 100;

    /// <summary>Most enrollment requests of one connection within <see cref="EnrollmentRequestsWindow"/>.</summary>
    public int EnrollmentRequestsMax { get; init; } = 5;

    /// <summary>See <see cref="EnrollmentRequestsMax"/>.</summary>
    public TimeSpan EnrollmentRequestsWindow { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Life of an enrollment request that nobody decides about, and of a denial.</summary>
    public TimeSpan EnrollmentPendingLife { get; init; } = TimeSpan.FromHours(48);

    /// <summary>How long monitors that come later are told of an enrollment request, too.</summary>
    public TimeSpan EnrollmentNoticeLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long the keys that a device replaced go on working once the new ones were used.</summary>
    public TimeSpan EnrollmentReplacedLife { get; init; } = TimeSpan.FromHours(720);

    /// <summary>How long a connection stands whose device revoked itself.</summary>
    public TimeSpan RevokedSelfGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Life of a one-time passcode when <c>otp:get</c> names none.</summary>
    public TimeSpan PasscodeLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time without a wrong passcode after which a right one ends the growing waits.</summary>
    public TimeSpan PasscodeCalm { get; init; } = TimeSpan.FromSeconds(55);

    /// <summary>Most enrollment requests of one atSign that wait at a time because of wrong passcodes; more are refused unseen.</summary>
    public int PasscodesWaitingMax { get; init; } = 100;

    /// <summary>Most bytes of an enrollment record.</summary>
    public int EnrollmentBytesMax { get; init; } = 512_000;

    /// <summary>Idle time after which an unauthenticated connection is closed.</summary>
    public TimeSpan IdleUnauthenticated { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Idle time after which an authenticated connection is closed.</summary>
    public TimeSpan IdleAuthenticated { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Time after its last connection until an atSign's object is dropped.</summary>
    public TimeSpan IdleAtSign { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most connections per atSign.</summary>
    public int ConnectionsPerAtSignMax { get; init; } = 10_000;

    /// <summary>Interval of the keep-alive statistics notification.</summary>
    public TimeSpan StatsInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Life of a notification whose sender names none.</summary>
    public TimeSpan NotificationLife { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest life of a notification, whatever its sender asks for.</summary>
    public TimeSpan NotificationLifeMax { get; init; } = TimeSpan.FromDays(8);

    /// <summary>Longest life of a notification that its sender calls ephemeral.</summary>
    public TimeSpan EphemeralNotificationLife { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long it is tried to tell another atSign of a change to what is shared with it.</summary>
    public TimeSpan AutoNotificationLife { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often it is looked for cached copies whose time to be refreshed has come.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most copies that are asked for at a time; the next round goes on from there.</summary>
    public int RefreshesPerRound { get; init; } = 1000;

    /// <summary>Interval of the expiry sweep.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most expired records that one sweep removes at a time.</summary>
    public int ExpiredPerSweep { get; init; } = 1000;
}
