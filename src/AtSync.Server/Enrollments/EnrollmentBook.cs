using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>The enrollments of one atSign in its key store.</summary>
internal sealed class EnrollmentBook(IKeyStore store, TimeProvider clock)
{
    private const string Suffix = ".new.enrollments.__manage";

    public static string KeyOf(string id, AtSign owner) => $"{id}{Suffix}{owner}";

    public static string PrivateKeyKeyOf(string id, AtSign owner) => $"{id}.default_enc_private_key.__manage{owner}";

    public static string SelfKeyKeyOf(string id, AtSign owner) => $"{id}.default_self_enc_key.__manage{owner}";

    /// <summary>Null when it is unknown or expired.</summary>
    public async ValueTask<Enrollment?> FindAsync(string id, CancellationToken cancellationToken)
    {
        // Ids are folded as keys are; what could not be an id is not looked for.
        var folded = id.ToLowerInvariant();
        if (folded.Length is 0 or > 64 || folded.AsSpan().ContainsAny("@:. "))
        {
            return null;
        }

        return Read(folded, await store.GetAsync(KeyOf(folded, store.Owner), cancellationToken));
    }

    /// <summary>An enrollment of the same app and device that is pending or approved, or null.</summary>
    public async ValueTask<Enrollment?> FindDuplicateAsync(string appName, string deviceName, CancellationToken cancellationToken)
    {
        foreach (var enrollment in await ListAsync(cancellationToken))
        {
            if (enrollment.AppName == appName && enrollment.DeviceName == deviceName && enrollment.State is Enrollment.Approved or "pending")
            {
                return enrollment;
            }
        }

        return null;
    }

    /// <summary>All that are not expired, in the order of their ids.</summary>
    public async ValueTask<IReadOnlyList<Enrollment>> ListAsync(CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        var end = System.Text.Encoding.UTF8.GetBytes(Suffix + store.Owner);
        await store.ScanAsync("", (in KeyView key) =>
        {
            if (key.Key.EndsWith(end) && key.Key.IndexOf((byte)':') < 0)
            {
                keys.Add(System.Text.Encoding.UTF8.GetString(key.Key));
            }

            return true;
        }, cancellationToken);
        var found = new List<Enrollment>();
        foreach (var key in keys)
        {
            if (Read(key[..key.IndexOf('.', StringComparison.Ordinal)], await store.GetAsync(key, cancellationToken)) is { } enrollment)
            {
                found.Add(enrollment);
            }
        }

        return found;
    }

    private Enrollment? Read(string id, StoredRecord? record)
    {
        if (record is not { HasValue: true } || Records.RecordLife.IsExpired(record.Times, clock.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            return null;
        }

        DateTimeOffset? expiresAt = record.Times.ExpiresAtMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
        return Enrollment.TryRead(id, record.Value, expiresAt);
    }
}
