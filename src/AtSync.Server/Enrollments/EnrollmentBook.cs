using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>
/// The enrollments of one atSign in its key store. Their ids are read once and kept, since only the verbs for enrollments write them; the records
/// are read each time. Whoever changes one takes the <see cref="TakeTurnAsync"/> first, so that what was checked still holds when it is written.
/// </summary>
internal sealed class EnrollmentBook(IKeyStore store, TimeProvider clock) : IDisposable
{
    private const string Suffix = ".new.enrollments.__manage";

    private readonly SemaphoreSlim _turn = new(1, 1);

    // Guards the set.
    private readonly Lock _gate = new();
    private SortedSet<string>? _ids;

    public AtSign Owner => store.Owner;

    public IKeyStore Store => store;

    public DateTimeOffset Now => clock.GetUtcNow();

    public static string KeyOf(string id, AtSign owner) => $"{id}{Suffix}{owner}";

    public static string PrivateKeyKeyOf(string id, AtSign owner) => $"{id}.default_enc_private_key.__manage{owner}";

    public static string SelfKeyKeyOf(string id, AtSign owner) => $"{id}.default_self_enc_key.__manage{owner}";

    public string KeyOf(string id) => KeyOf(id, store.Owner);

    /// <summary>One change of enrollments at a time; the result gives the turn back.</summary>
    public async ValueTask<IDisposable> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        return new Turn(_turn);
    }

    /// <summary>Null when it is unknown or expired.</summary>
    public async ValueTask<Enrollment?> FindAsync(string id, CancellationToken cancellationToken)
    {
        // Ids are folded as keys are; what could not be an id is not looked for.
        var folded = id.ToLowerInvariant();
        return folded.Length is 0 or > 64 || folded.AsSpan().ContainsAny("@:. ")
            ? null
            : Read(folded, await store.GetAsync(KeyOf(folded), cancellationToken));
    }

    /// <summary>All that are not expired, in the order of their ids.</summary>
    public async ValueTask<IReadOnlyList<Enrollment>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<Enrollment>();
        foreach (var id in await IdsAsync(cancellationToken))
        {
            var record = await store.GetAsync(KeyOf(id), cancellationToken);
            if (Read(id, record) is { } enrollment)
            {
                found.Add(enrollment);
            }
            else if (record is null)
            {
                lock (_gate)
                {
                    _ids!.Remove(id);
                }
            }
        }

        return found;
    }

    /// <summary>The change that writes a record; ends at <paramref name="expiresAt"/>, or never.</summary>
    public StoreChange Put(string id, ReadOnlyMemory<byte> json, DateTimeOffset? expiresAt) =>
        ServerChange.Silent(KeyOf(id), json, Now.ToUnixTimeMilliseconds(), expiresAt);

    /// <summary>The change that removes a key of the server's own.</summary>
    public StoreChange Delete(string key)
    {
        var now = Now.ToUnixTimeMilliseconds();
        return new DeleteChange(key, now, now, isForced: true, isLogged: false);
    }

    /// <summary>Applies changes as one; <paramref name="added"/> is the id of an enrollment that is new with them.</summary>
    public async ValueTask ApplyAsync(IReadOnlyList<StoreChange> changes, string? added = null)
    {
        if (added is not null)
        {
            await IdsAsync(CancellationToken.None);
        }

        await store.ApplyAsync(changes, CancellationToken.None);
        if (added is not null)
        {
            lock (_gate)
            {
                _ids!.Add(added);
            }
        }
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask<string[]> IdsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_ids is not null)
            {
                return [.. _ids];
            }
        }

        var ids = new SortedSet<string>(StringComparer.Ordinal);
        var end = Encoding.UTF8.GetBytes(Suffix + store.Owner);
        await store.ScanAsync("", (in KeyView key) =>
        {
            if (key.Key.EndsWith(end) && key.Key.IndexOf((byte)':') < 0)
            {
                ids.Add(Encoding.UTF8.GetString(key.Key[..^end.Length]));
            }

            return true;
        }, cancellationToken);
        lock (_gate)
        {
            return [.. _ids ??= ids];
        }
    }

    private Enrollment? Read(string id, StoredRecord? record)
    {
        if (record is not { HasValue: true } || RecordLife.IsExpired(record.Times, Now.ToUnixTimeMilliseconds()))
        {
            return null;
        }

        DateTimeOffset? expiresAt = record.Times.ExpiresAtMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
        return Enrollment.TryRead(id, record.Value, expiresAt);
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                semaphore.Release();
            }
        }
    }
}
