namespace AtSync.App.CommandLine;

/// <summary>Files for people: written beside their place and moved there when whole, so that a failure leaves the old one.</summary>
internal static class NewFile
{
    /// <param name="path">Where it goes; an existing file is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="isWanted">Asked after writing; false leaves no file. Null keeps it.</param>
    public static async Task WriteAsync(string path, Func<Stream, Task> write, Func<bool>? isWanted = null)
    {
        var full = Path.GetFullPath(path);
        var temporary = full + ".new";
        FileStream stream;
        try
        {
            stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"The file '{path}' cannot be written: {failure.Message}");
        }

        try
        {
            await using (stream)
            {
                await write(stream);
                await stream.FlushAsync(CancellationToken.None);
                stream.Flush(flushToDisk: true);
            }

            if (isWanted?.Invoke() ?? true)
            {
                File.Move(temporary, full, overwrite: true);
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
