using System.Runtime.CompilerServices;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Portable;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Server.Administration;

/// <summary>
/// What an operator does with a server: atSigns come, go and move, everything is backed up; while it runs or, with the same code, while it does not.
/// Everything that was done is logged.
/// </summary>
/// <remarks>Members may be called concurrently. What a member throws is an <see cref="AdminException"/>.</remarks>
public sealed class Administration
{
    private readonly AdministrationOptions _options;
    private readonly AtServerHost _host;
    private readonly IStorageEngine _storage;
    private readonly ILogger _log;

    /// <summary>Composes.</summary>
    public Administration(AdministrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _host = options.Host;
        _storage = options.Host.Options.Storage;
        _log = options.Host.Logger;
    }

    /// <summary>The clock.</summary>
    internal TimeProvider TimeProvider => _host.Options.TimeProvider;

    /// <summary>Hosts a new atSign. Asked again before it is activated, it tells the same secret.</summary>
    public Task<HostedPlace> AddAsync(AtSign atSign, CancellationToken cancellationToken) => Guard(async () =>
    {
        if (await _host.DescribeAsync(atSign, cancellationToken) is { IsActivated: true })
        {
            throw new AdminException(AdminFault.Refused, $"{atSign} is already hosted here, and activated.");
        }

        var place = await _options.Hosting.AddAsync(atSign, cancellationToken);
        Log.Administered(_log, "add", atSign.ToString());
        return place;
    });

    /// <summary>Every hosted atSign in ordinal order.</summary>
    public async IAsyncEnumerable<AtSignEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var store in _storage.ListAsync(cancellationToken))
        {
            if (await DescribeAsync(store.AtSign, cancellationToken) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Deletes an atSign with everything it holds; there is no way back but an export.</summary>
    public Task<AtSignEntry> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => Guard(async () =>
    {
        var entry = await DescribeAsync(atSign, cancellationToken) ?? throw NotHosted(atSign);
        await _options.Hosting.RemoveAsync(atSign, cancellationToken);
        Log.Administered(_log, "remove", atSign.ToString());
        return entry;
    });

    /// <summary>Gives an atSign's store another epoch, so that its devices compare everything; its connections are cut, so that they notice.</summary>
    public Task<AtSignEntry> RenewAsync(AtSign atSign, CancellationToken cancellationToken) => Guard(async () =>
    {
        if (!await _storage.RenewEpochAsync(atSign, cancellationToken))
        {
            throw NotHosted(atSign);
        }

        await _host.EvictAsync(atSign, CancellationToken.None);
        Log.Administered(_log, "renew", atSign.ToString());
        return await DescribeAsync(atSign, CancellationToken.None) ?? throw NotHosted(atSign);
    });

    /// <summary>Changes what an atSign may hold; at once and durably. What it holds already stays.</summary>
    public Task<AtSignEntry> SetQuotaAsync(AtSign atSign, QuotaChange change, CancellationToken cancellationToken) => Guard(async () =>
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Problem is { } problem)
        {
            throw new AdminException(AdminFault.Usage, problem);
        }

        var store = await _storage.FindAsync(atSign, cancellationToken) ?? throw NotHosted(atSign);
        await _host.SetQuotaAsync(atSign, change.ApplyTo(store.Summary.OwnQuota), cancellationToken);
        Log.Administered(_log, "quota", atSign.ToString());
        return await DescribeAsync(atSign, CancellationToken.None) ?? throw NotHosted(atSign);
    });

    /// <summary>Writes an atSign with everything it holds to a new file, readable by its owner only, while it is in use. On disk on return.</summary>
    public Task<ExportedAtSign> ExportAsync(AtSign atSign, string path, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            StoreHead? head = null;
            var bytes = await NewFile.WriteAsync(path, async stream =>
                head = await StoreTransfer.ExportAsync(_storage, atSign, stream, progress, cancellationToken) ?? throw NotHosted(atSign));
            Log.Administered(_log, "export", atSign.ToString());
            return new ExportedAtSign(head!.Records, head.LastCommitId, bytes);
        });

    /// <summary>
    /// Takes an atSign over from its export, wholly or not at all. With <paramref name="replaces"/> a hosted one goes: what was written to it after
    /// the export stays on the devices that have it, and comes back when they sync.
    /// </summary>
    public Task<ImportedAtSign> ImportAsync(
        AtSign atSign, string path, bool replaces, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => Guard(async () =>
        {
            if (!File.Exists(path))
            {
                throw new AdminException(AdminFault.NotFound, $"There is no file '{path}'.");
            }

            if (!replaces && await _storage.FindAsync(atSign, cancellationToken) is not null)
            {
                throw new AdminException(AdminFault.Refused, $"{atSign} is already hosted here. Nothing was changed. An import takes its place only when told to replace it.");
            }

            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            var place = await _options.Hosting.HostAsync(
                atSign,
                async stop =>
                {
                    var isNew = await _storage.FindAsync(atSign, stop) is null;
                    await StoreTransfer.ImportAsync(_storage, atSign, stream, replaces, progress, stop);
                    await _host.EvictAsync(atSign, CancellationToken.None);
                    return isNew;
                },
                cancellationToken);

            // What it owed to others where it came from is owed here now.
            _host.OutboxHasNews(atSign);
            Log.Administered(_log, "import", atSign.ToString());
            var entry = await DescribeAsync(atSign, CancellationToken.None) ?? throw NotHosted(atSign);
            return new ImportedAtSign(entry, IsReplaced: !place.IsNew, place.IsRegistered);
        });

    /// <summary>Copies everything to a new folder while it is in use: each atSign as it is at one moment. On disk on return.</summary>
    public Task<BackupSummary> BackUpAsync(string folder, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) => Guard(async () =>
    {
        if (_storage is not IOnlineBackup backup)
        {
            throw new AdminException(AdminFault.Refused, "These stores are kept in memory: there is nothing to back up.");
        }

        var summary = await BackupFolder.WriteAsync(
            folder,
            async (target, stop) =>
            {
                await backup.BackUpAsync(Path.Combine(target, BackupFolder.StoresName), progress, stop);
                await _options.BackUpOthersAsync(target, stop);
            },
            TimeProvider,
            cancellationToken);
        Log.Administered(_log, "backup", folder);
        return summary;
    });

    /// <summary>Who asked went away before the end.</summary>
    internal void GivenUp() => Log.AdministrationFailed(_log, "who asked for it went away.");

    private async ValueTask<AtSignEntry?> DescribeAsync(AtSign atSign, CancellationToken cancellationToken) =>
        await _host.DescribeAsync(atSign, cancellationToken) is { } state && await _storage.FindAsync(atSign, cancellationToken) is { } store
            ? new AtSignEntry(atSign, state.IsActivated, _options.Hosting.AddressOf(atSign), store.EpochId, _host.SessionCountOf(atSign), state.Summary)
            : null;

    private static AdminException NotHosted(AtSign atSign) => new(AdminFault.NotFound, $"{atSign} is not hosted here.");

    /// <summary>The one place where failures get their kind.</summary>
    private async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (AdminException refusal)
        {
            Log.AdministrationFailed(_log, refusal.Message);
            throw;
        }
        catch (Exception failure) when (failure is StoreException or IOException or UnauthorizedAccessException)
        {
            Log.AdministrationFailed(_log, failure.Message);
            throw new AdminException(AdminFault.Store, failure.Message, failure);
        }
        catch (NetworkException failure)
        {
            Log.AdministrationFailed(_log, failure.Message);
            throw new AdminException(AdminFault.Network, failure.Message, failure);
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            Log.AdministrationFailed(_log, failure.Message);
            throw new AdminException(AdminFault.Refused, failure.Message, failure);
        }
    }
}
