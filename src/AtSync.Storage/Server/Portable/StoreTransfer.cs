using AtSync.Protocol;

namespace AtSync.Storage.Server.Portable;

/// <summary>Moves one atSign with everything it holds between engines and machines, as one file.</summary>
public static class StoreTransfer
{
    /// <summary>Rows of one slice of an import: other writers wait no longer than for one slice.</summary>
    public const int RowsPerSlice = 500;

    /// <summary>Bytes at which a slice of an import ends, whatever its rows.</summary>
    public const int BytesPerSlice = 1024 * 1024;

    /// <summary>Writes the atSign to the stream, on one snapshot, without holding up writers. Null when it is not hosted: then nothing was written.</summary>
    /// <param name="engine">Where it is hosted.</param>
    /// <param name="atSign">Which.</param>
    /// <param name="stream">Written from its position on; neither flushed to disk nor closed.</param>
    /// <param name="progress">Told of records done.</param>
    /// <param name="cancellationToken">Ends it, with a file that is cut off.</param>
    public static async ValueTask<StoreHead?> ExportAsync(
        IStorageEngine engine, AtSign atSign, Stream stream, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(stream);
        using var writer = new StoreFileWriter(stream, atSign, progress);
        if (!await engine.ReadAllAsync(atSign, writer, cancellationToken))
        {
            return null;
        }

        writer.End();
        return writer.Written;
    }

    /// <summary>Puts the atSign of an export in place under a new epoch: wholly, or not at all.</summary>
    /// <param name="engine">Where it is to be hosted.</param>
    /// <param name="atSign">Whom the export has to be of.</param>
    /// <param name="stream">An export from its beginning to its end.</param>
    /// <param name="replaces">Whether a hosted atSign of that name is replaced; commit ids go on above those of both.</param>
    /// <param name="progress">Told of records done.</param>
    /// <param name="cancellationToken">Ends it with nothing changed.</param>
    /// <exception cref="StoreException">
    /// <see cref="StoreFault.Corrupt"/>: damaged or cut off. <see cref="StoreFault.NewerVersion"/>. <see cref="StoreFault.OtherOwner"/>: of
    /// another atSign. Nothing was changed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The atSign is hosted and <paramref name="replaces"/> is false; nothing was changed.</exception>
    public static async ValueTask<IKeyStore> ImportAsync(
        IStorageEngine engine, AtSign atSign, Stream stream, bool replaces, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new StoreFileReader(stream);
        var (owner, head) = await reader.ReadHeadAsync(cancellationToken);
        if (owner != atSign)
        {
            throw new StoreException(StoreFault.OtherOwner, $"The export is of {owner}, not of {atSign}. Nothing was changed.");
        }

        if (!replaces && await engine.FindAsync(atSign, cancellationToken) is not null)
        {
            throw new InvalidOperationException($"{atSign} is already hosted here.");
        }

        await using var import = await engine.BeginImportAsync(atSign, cancellationToken);
        await FillAsync(import, reader, head, progress, cancellationToken);
        return await import.CompleteAsync(new EpochOrigin(head.EpochId, head.LastCommitId), replaces, cancellationToken);
    }

    private static async ValueTask FillAsync(
        IStoreImport import, StoreFileReader reader, StoreHead head, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var rows = new List<StoredRecord>();
        var notifications = new List<StoredNotification>();
        long bytes = 0;
        long records = 0;
        long lastCommitId = -1;
        while (true)
        {
            var (row, notification) = await reader.ReadNextAsync(cancellationToken);
            if (row is not null)
            {
                if (row.CommitId > head.LastCommitId || (row.CommitId >= 0 && row.CommitId <= lastCommitId))
                {
                    throw StoreFile.Damaged("its commit ids do not rise");
                }

                lastCommitId = Math.Max(lastCommitId, row.CommitId);
                records += row.Op == CommitOp.Delete ? 0 : 1;
                bytes += row.Value.Length + row.Metadata.Length;
                rows.Add(row);
            }
            else if (notification is not null)
            {
                bytes += notification.Body.Length;
                notifications.Add(notification);
            }

            var isEnd = row is null && notification is null;
            if (isEnd || rows.Count + notifications.Count >= RowsPerSlice || bytes >= BytesPerSlice)
            {
                await import.AddAsync(rows, notifications, cancellationToken);
                progress?.Report(new WorkProgress(records, head.Records));
                rows = [];
                notifications = [];
                bytes = 0;
            }

            if (isEnd)
            {
                return;
            }
        }
    }
}
