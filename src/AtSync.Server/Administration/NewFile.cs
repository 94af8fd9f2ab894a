using AtSync.Storage;

namespace AtSync.Server.Administration;

/// <summary>A file that must not exist yet: written beside its place, flushed, and moved there when whole. Readable by its owner only.</summary>
internal static class NewFile
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Returns its length. A failure leaves nothing; what a dead process left beside the place is written over.</summary>
    public static async ValueTask<long> WriteAsync(string path, Func<Stream, ValueTask> write)
    {
        if (Path.Exists(path))
        {
            throw new AdminException(AdminFault.Refused, $"'{path}' is there already. It was left as it is; name another file.");
        }

        var temporary = path + ".new";
        File.Delete(temporary);
        try
        {
            long bytes;
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = BufferBytes };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var stream = new FileStream(temporary, options))
            {
                await write(stream);
                stream.Flush(flushToDisk: true);
                bytes = stream.Length;
            }

            File.Move(temporary, path, overwrite: false);
            DurableFolder.Flush(Path.GetDirectoryName(path)!);
            return bytes;
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
