using AtSync.Server;
using AtSync.Storage.Server;

namespace AtSync.App.Configuration;

/// <summary>The section <c>limits</c> of <c>atsync server</c>: every limit of the atServer, under its own name.</summary>
internal static class LimitKeys
{
    private const int Many = 100_000_000;

    public static void Add(List<Setting<ServerSettings>> keys, Func<ServerSettings, AtServerLimits> get, Func<ServerSettings, AtServerLimits, ServerSettings> set)
    {
        var limits = new SettingSection<ServerSettings, AtServerLimits>(keys, "limits", isHot: true, get, set);
        AddSizes(limits);
        AddProofs(limits);
        AddEnrollments(limits);
        AddTimes(limits);
        AddQuota(new SettingSection<ServerSettings, StoreQuota>(
            keys, "quota", isHot: true, settings => get(settings).Quota, (settings, quota) => set(settings, get(settings) with { Quota = quota })));
    }

    public static IEnumerable<string> Check(AtServerLimits limits)
    {
        if (limits.PageEntriesDefault > limits.PageEntriesMax)
        {
            yield return "'limits.pageEntriesDefault' is greater than 'limits.pageEntriesMax'";
        }

        if (limits.LineBytesUnauthenticatedMax > limits.LineBytesMax)
        {
            yield return "'limits.lineBytesUnauthenticatedMax' is greater than 'limits.lineBytesMax'";
        }

        if (limits.NotificationLife > limits.NotificationLifeMax)
        {
            yield return "'limits.notificationLife' is greater than 'limits.notificationLifeMax'";
        }
    }

    private static void AddSizes(SettingSection<ServerSettings, AtServerLimits> limits)
    {
        limits.Bytes("lineBytesMax", "Most bytes of an input line.",
            value => value.LineBytesMax, (value, number) => value with { LineBytesMax = number }, 65_536);
        limits.Bytes("lineBytesUnauthenticatedMax", "Most bytes of an input line before authentication.",
            value => value.LineBytesUnauthenticatedMax, (value, number) => value with { LineBytesUnauthenticatedMax = number }, 4_096);
        limits.Add("unfinishedBytesMax", "Most bytes of unfinished lines that all unauthenticated connections together may keep waiting.",
            SettingKind.Number(4_096, 1L << 40, " (bytes)"), value => value.UnfinishedBytesMax, (value, number) => value with { UnfinishedBytesMax = number });
        limits.Time("unfinishedLineTime", "How long a line may remain unfinished.",
            value => value.UnfinishedLineTime, (value, time) => value with { UnfinishedLineTime = time });
        limits.Time("patternTime", "Longest time that a command may spend on matching a client's pattern against keys.",
            value => value.PatternTime, (value, time) => value with { PatternTime = time });
        limits.Bytes("answerBytesGathered", "Most bytes of small answers that are gathered into one write.",
            value => value.AnswerBytesGathered, (value, number) => value with { AnswerBytesGathered = number }, 1, 16_384);
        limits.Number("changesPerTransactionMax", "Most changes of a batch that share a transaction.",
            value => value.ChangesPerTransactionMax, (value, number) => value with { ChangesPerTransactionMax = number }, 1, 1_000_000);
        limits.Number("pageEntriesDefault", "Most entries of a sync page when the client names no limit.",
            value => value.PageEntriesDefault, (value, number) => value with { PageEntriesDefault = number }, 1, 1_000_000);
        limits.Number("pageEntriesMax", "Most entries of a sync page whatever the client asks for.",
            value => value.PageEntriesMax, (value, number) => value with { PageEntriesMax = number }, 1, 1_000_000);
        limits.Bytes("pageBytesMax", "Most bytes of a sync page (one entry always goes).",
            value => value.PageBytesMax, (value, number) => value with { PageBytesMax = number }, 1);
        limits.Bytes("valueBytesMax", "Most bytes of a sealed value.",
            value => value.ValueBytesMax, (value, number) => value with { ValueBytesMax = number }, 1);
        limits.Number("referenceDepthMax", "Most steps of atsign:// references that a lookup follows.",
            value => value.ReferenceDepthMax, (value, number) => value with { ReferenceDepthMax = number }, 0, 100);
        limits.Number("connectionsPerAtSignMax", "Most connections per atSign.",
            value => value.ConnectionsPerAtSignMax, (value, number) => value with { ConnectionsPerAtSignMax = number }, 1, Many);
        limits.Number("expiredPerSweep", "Most expired records that one sweep removes at a time.",
            value => value.ExpiredPerSweep, (value, number) => value with { ExpiredPerSweep = number }, 1, 1_000_000);
    }

    private static void AddProofs(SettingSection<ServerSettings, AtServerLimits> limits)
    {
        limits.Time("challengeLife", "Life of a challenge.", value => value.ChallengeLife, (value, time) => value with { ChallengeLife = time });
        limits.Number("loginFailuresPerConnectionMax", "Wrong proofs (cram, pkam, pol) after which a connection ends.",
            value => value.LoginFailuresPerConnectionMax, (value, number) => value with { LoginFailuresPerConnectionMax = number }, 1, Many);
        limits.Number("loginFailuresPerAddressMax", "Wrong proofs of one address for one atSign within the window that cost nothing; further ones wait.",
            value => value.LoginFailuresPerAddressMax, (value, number) => value with { LoginFailuresPerAddressMax = number }, 1, Many);
        limits.Number("loginFailuresPerAtSignMax", "Wrong proofs for one atSign within the window after which every address waits that is not known to it.",
            value => value.LoginFailuresPerAtSignMax, (value, number) => value with { LoginFailuresPerAtSignMax = number }, 1, Many);
        limits.Time("loginFailureWindow", "See loginFailuresPerAddressMax.",
            value => value.LoginFailureWindow, (value, time) => value with { LoginFailureWindow = time });
        limits.Number("loginsWaitingMax", "Most proofs for one atSign that wait at a time because of wrong ones before.",
            value => value.LoginsWaitingMax, (value, number) => value with { LoginsWaitingMax = number }, 1, Many);
        limits.Number("polsInFlightMax", "Most proofs of other atServers that are being checked at a time, in all.",
            value => value.PolsInFlightMax, (value, number) => value with { PolsInFlightMax = number }, 1, Many);
        limits.Number("polsInFlightPerAddressMax", "... and of one address.",
            value => value.PolsInFlightPerAddressMax, (value, number) => value with { PolsInFlightPerAddressMax = number }, 1, Many);
        limits.Number("polFailuresPerAddressMax", "Proofs of one address that may fail within the window; then further ones are refused unseen.",
            value => value.PolFailuresPerAddressMax, (value, number) => value with { PolFailuresPerAddressMax = number }, 1, Many);
        limits.Time("polFailureWindow", "See polFailuresPerAddressMax.",
            value => value.PolFailureWindow, (value, time) => value with { PolFailureWindow = time });
    }

    private static void AddEnrollments(SettingSection<ServerSettings, AtServerLimits> limits)
    {
        limits.Number("enrollmentRequestsMax", "Most enrollment requests of one connection within the window.",
            value => value.EnrollmentRequestsMax, (value, number) => value with { EnrollmentRequestsMax = number }, 1, Many);
        limits.Number("enrollmentRequestsPerAtSignMax", "Most enrollment requests with a passcode for one atSign within the window, from wherever.",
            value => value.EnrollmentRequestsPerAtSignMax, (value, number) => value with { EnrollmentRequestsPerAtSignMax = number }, 1, Many);
        limits.Number("enrollmentsPendingMax", "Most enrollments of one atSign that wait for a decision.",
            value => value.EnrollmentsPendingMax, (value, number) => value with { EnrollmentsPendingMax = number }, 1, Many);
        limits.Time("enrollmentRequestsWindow", "See enrollmentRequestsMax.",
            value => value.EnrollmentRequestsWindow, (value, time) => value with { EnrollmentRequestsWindow = time });
        limits.Time("enrollmentPendingLife", "Life of an enrollment request that nobody decides about, and of a denial.",
            value => value.EnrollmentPendingLife, (value, time) => value with { EnrollmentPendingLife = time });
        limits.Time("enrollmentNoticeLife", "How long monitors that come later are told of an enrollment request, too.",
            value => value.EnrollmentNoticeLife, (value, time) => value with { EnrollmentNoticeLife = time });
        limits.Time("enrollmentReplacedLife", "How long the keys that a device replaced go on working once the new ones were used.",
            value => value.EnrollmentReplacedLife, (value, time) => value with { EnrollmentReplacedLife = time });
        limits.Time("revokedSelfGrace", "How long a connection stands whose device revoked itself.",
            value => value.RevokedSelfGrace, (value, time) => value with { RevokedSelfGrace = time });
        limits.Time("passcodeLife", "Life of a one-time passcode when its request names none.",
            value => value.PasscodeLife, (value, time) => value with { PasscodeLife = time });
        limits.Time("passcodeCalm", "Time without a wrong passcode after which a right one ends the growing waits.",
            value => value.PasscodeCalm, (value, time) => value with { PasscodeCalm = time });
        limits.Number("passcodesWaitingMax", "Most enrollment requests of one atSign that wait at a time because of wrong passcodes.",
            value => value.PasscodesWaitingMax, (value, number) => value with { PasscodesWaitingMax = number }, 1, Many);
        limits.Bytes("enrollmentBytesMax", "Most bytes of an enrollment record.",
            value => value.EnrollmentBytesMax, (value, number) => value with { EnrollmentBytesMax = number }, 4_096);
    }

    private static void AddQuota(SettingSection<ServerSettings, StoreQuota> quota)
    {
        Add("records", "Most records of an atSign that has no limits of its own; 0 is no limit.",
            value => value.Records, (value, number) => value with { Records = number });
        Add("bytes", "Most bytes of its records (key, value and metadata); 0 is no limit.",
            value => value.Bytes, (value, number) => value with { Bytes = number });
        Add("notifications", "Most notifications it holds, received and owed ones; 0 is no limit.",
            value => value.Notifications, (value, number) => value with { Notifications = number });
        Add("notificationBytes", "Most bytes of those; 0 is no limit.",
            value => value.NotificationBytes, (value, number) => value with { NotificationBytes = number });

        void Add(string name, string description, Func<StoreQuota, long?> get, Func<StoreQuota, long?, StoreQuota> set) => quota.Add(
            name, description, SettingKind.Number(0, long.MaxValue, ""), value => get(value) ?? 0, (value, number) => set(value, number > 0 ? number : null));
    }

    private static void AddTimes(SettingSection<ServerSettings, AtServerLimits> limits)
    {
        limits.Time("noopMax", "Longest wait that noop: may ask for.", value => value.NoopMax, (value, time) => value with { NoopMax = time });
        limits.Time("idleUnauthenticated", "Idle time after which an unauthenticated connection is closed.",
            value => value.IdleUnauthenticated, (value, time) => value with { IdleUnauthenticated = time });
        limits.Time("idleAuthenticated", "Idle time after which an authenticated connection is closed.",
            value => value.IdleAuthenticated, (value, time) => value with { IdleAuthenticated = time });
        limits.Time("idleAtSign", "Time after its last connection until an atSign's memory is given back.",
            value => value.IdleAtSign, (value, time) => value with { IdleAtSign = time });
        limits.Time("statsInterval", "Interval of the keep-alive statistics notification.",
            value => value.StatsInterval, (value, time) => value with { StatsInterval = time });
        limits.Time("notificationLife", "Life of a notification whose sender names none.",
            value => value.NotificationLife, (value, time) => value with { NotificationLife = time });
        limits.Time("notificationLifeMax", "Longest life of a notification, whatever its sender asks for.",
            value => value.NotificationLifeMax, (value, time) => value with { NotificationLifeMax = time });
        limits.Time("ephemeralNotificationLife", "Longest life of a notification that its sender calls ephemeral.",
            value => value.EphemeralNotificationLife, (value, time) => value with { EphemeralNotificationLife = time });
        limits.Time("autoNotificationLife", "How long it is tried to tell another atSign of a change to what is shared with it.",
            value => value.AutoNotificationLife, (value, time) => value with { AutoNotificationLife = time });
        limits.Time("expiryInterval", "Interval of the sweep for expired records.",
            value => value.ExpiryInterval, (value, time) => value with { ExpiryInterval = time });
        limits.Time("refreshInterval", "How often it is looked for cached copies that are to be refreshed.",
            value => value.RefreshInterval, (value, time) => value with { RefreshInterval = time });
        limits.Number("refreshesPerRound", "Most cached copies that are asked for at a time.",
            value => value.RefreshesPerRound, (value, number) => value with { RefreshesPerRound = number }, 1, 1_000_000);
    }
}
