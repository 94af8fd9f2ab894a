using AtSync.Protocol;

namespace AtSync.Client.Files;

/// <summary>Whole folders, in and out, below the edge. Files that can't be read or written are listed with the reason; the others go on.</summary>
internal sealed class FolderCore(FileCore files)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task<FolderOutcome> PutAsync(string folder, string pathPrefix, IProgress<FolderProgress>? progress, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Activities.StartActivity("PutFolder");
        var (paths, skipped) = FolderWalk.Walk(folder, cancellationToken);
        skipped = [.. skipped.Select(item => (pathPrefix + item.Path, item.Reason))];
        var done = 0;
        var bytes = 0L;
        await using var batch = new FileBatch(files.Local, cancellationToken);
        foreach (var path in paths)
        {
            var full = Path.Combine(folder, path.Replace('/', Path.DirectorySeparatorChar));
            try
            {
                await using var content = new FileStream(full, Reading);
                var mode = OperatingSystem.IsWindows() ? (UnixFileMode?)null : File.GetUnixFileMode(content.SafeFileHandle) & Permissions;
                var (entry, _) = await files.StageAsync(pathPrefix + path, content, mode, batch, cancellationToken);
                done++;
                bytes += entry.Size;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                skipped.Add((pathPrefix + path, $"can't be read: {e.Message}"));
            }

            progress?.Report(new FolderProgress(done, paths.Count, bytes));
        }

        await batch.FlushAsync();
        ClientTelemetry.FilesStored.Add(done);
        Log.FolderStored(files.Logger, done, bytes, skipped.Count);
        return new FolderOutcome(done, bytes, skipped);
    }

    public async Task<FolderOutcome> RestoreAsync(string folder, IProgress<FolderProgress>? progress, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Activities.StartActivity("RestoreFolder");
        var keys = await files.KeysAsync("f", files.Names.IsManifest, cancellationToken);
        var target = new RestoreTarget(folder);
        var skipped = new List<(string, string)>();
        var done = 0;
        var bytes = 0L;
        foreach (var key in keys)
        {
            var path = key;
            try
            {
                if (await files.ReadAsync(key, cancellationToken) is not { } entry)
                {
                    continue;
                }

                path = entry.Path;
                if (target.Prepare(path) is { } problem)
                {
                    skipped.Add((path, problem));
                    continue;
                }

                await WriteAsync(entry, target.PathOf(path), cancellationToken);
                done++;
                bytes += entry.Size;
            }
            catch (AtException e) when (e.Fault is AtFault.CannotOpen or AtFault.NotFound)
            {
                skipped.Add((path, e.Message));
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                skipped.Add((path, $"can't be written: {e.Message}"));
            }

            progress?.Report(new FolderProgress(done, keys.Count, bytes));
        }

        skipped.Sort((one, other) => string.CompareOrdinal(one.Item1, other.Item1));
        return new FolderOutcome(done, bytes, skipped);
    }

    private static FileStreamOptions Reading => new()
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        // Others may go on writing or even delete it: what is read is what is stored, and the hash is over just that.
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.SequentialScan,
        BufferSize = 0,
    };

    /// <summary>Whole or not at all: beside its place first, renamed when complete and checked.</summary>
    private async ValueTask WriteAsync(FileEntry entry, string path, CancellationToken cancellationToken)
    {
        // A short name of its own: the file's may already be as long as the file system allows.
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, ".atsync-" + files.Random.NewHexId());
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            await using (var stream = new FileStream(temporary, options))
            {
                await files.CopyContentAsync(entry, stream, cancellationToken);
                if (!OperatingSystem.IsWindows() && entry.Mode is { } mode)
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, mode & Permissions);
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
