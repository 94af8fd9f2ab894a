using System.Text;
using System.Text.Unicode;
using AtSync.Client;

namespace AtSync.App.CommandLine;

/// <summary>
/// Files as values: up to 1 MiB they are ordinary records (text when they are UTF-8, which any client reads; bytes otherwise), above that file
/// records (a manifest and chunks), with the key as path. One key is only ever one of the two.
/// </summary>
internal static class FileValue
{
    /// <summary>Largest content of an ordinary record.</summary>
    public const int SmallBytesMax = 1024 * 1024;

    public static async Task PutAsync(AtClient client, string key, string path, PutOptions options, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(path, cancellationToken);
        if (content.Length <= SmallBytesMax)
        {
            var value = Of(await ReadAllAsync(content, cancellationToken));
            await client.WriteAsync([new AtWrite(key, value, options)], cancellationToken);
            await client.Files.DeleteAsync(key, cancellationToken);
            return;
        }

        if (key.Contains(':', StringComparison.Ordinal))
        {
            throw CliException.Usage($"'{path}' is larger than {SmallBytesMax} bytes. Such files can only be stored under a key of one's own (name.namespace).");
        }

        if (options.TimeToLive is not null || options.TimeToBirth is not null || options.IsImmutable)
        {
            throw CliException.Usage($"'{path}' is larger than {SmallBytesMax} bytes. Such files take no --ttl, --ttb or --immutable.");
        }

        await client.Files.PutAsync(key, content, ModeOf(path), cancellationToken);
        await client.DeleteAsync(key, cancellationToken);
    }

    /// <summary>A file for <c>--remote</c>, where only an ordinary record can be written.</summary>
    public static AtValue ReadSmall(string path)
    {
        try
        {
            using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            var content = new MemoryStream();
            var buffer = new byte[81_920];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                content.Write(buffer, 0, read);
                if (content.Length > SmallBytesMax)
                {
                    throw CliException.Usage($"'{path}' is larger than {SmallBytesMax} bytes: store it without --remote, as file records.");
                }
            }

            return Of(content.ToArray());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    private static async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (path != "-")
            {
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 81_920, FileOptions.SequentialScan | FileOptions.Asynchronous);
            }

            // stdin has no length: keep it in a file that nobody else sees.
            var kept = new FileStream(
                Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 81_920, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            await Console.OpenStandardInput().CopyToAsync(kept, cancellationToken);
            kept.Position = 0;
            return kept;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    private static CliException Unreadable(string path, Exception failure) => CliException.Usage($"The file '{path}' cannot be read: {failure.Message}");

    private static async Task<byte[]> ReadAllAsync(Stream content, CancellationToken cancellationToken)
    {
        var bytes = new byte[content.Length];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static AtValue Of(byte[] bytes) => Utf8.IsValid(bytes) ? AtValue.OfText(Encoding.UTF8.GetString(bytes)) : AtValue.OfBytes(bytes);

    private static UnixFileMode? ModeOf(string path) => OperatingSystem.IsWindows() || path == "-" ? null : File.GetUnixFileMode(path);
}
