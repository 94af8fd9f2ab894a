using System.Security.Cryptography;
using System.Text.Json;
using AtSync.Storage;

namespace AtSync.Server.Administration;

/// <summary>
/// A backup is a folder: <c>server/</c> with the key stores, whatever else the program keeps, and <c>backup.json</c>, which is written last and lists
/// every file with its length and SHA-256. It is written beside its place and moved there when whole.
/// </summary>
/// <example><c>{"format":1,"createdAt":"2026-01-01T00:00:00Z","files":[{"name":"server/keys-0.db","bytes":4096,"sha256":"…"}]}</c></example>
public static class BackupFolder
{
    /// <summary>The folder of the key stores in it.</summary>
    public const string StoresName = "server";

    private const string ManifestName = "backup.json";
    private const string PartialName = "backup.partial";
    private const int Format = 1;

    /// <summary>Makes a backup. A failure leaves nothing; what a dead process left beside the place is removed.</summary>
    /// <param name="folder">Must not exist.</param>
    /// <param name="fill">Puts the files into the folder that it is given.</param>
    /// <param name="timeProvider">Says when.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="AdminException">The folder is there already.</exception>
    public static async ValueTask<BackupSummary> WriteAsync(
        string folder, Func<string, CancellationToken, ValueTask> fill, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(timeProvider);
        folder = Path.TrimEndingDirectorySeparator(folder);
        if (Path.Exists(folder))
        {
            throw new AdminException(AdminFault.Refused, $"'{folder}' is there already. It was left as it is; name another folder.");
        }

        var temporary = folder + ".new";
        RemovePartial(temporary);
        MakeFolder(temporary);
        var partial = Path.Combine(temporary, PartialName);
        File.Create(partial).Dispose();
        try
        {
            await fill(temporary, cancellationToken);
            var files = await DescribeAsync(temporary, cancellationToken);
            WriteManifest(temporary, files, timeProvider.GetUtcNow());
            File.Delete(partial);
            FlushFolders(temporary);
            Directory.Move(temporary, folder);
            DurableFolder.Flush(Path.GetDirectoryName(folder)!);
            return new BackupSummary(files.Count, files.Sum(file => file.Bytes));
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Verifies every file of a backup.</summary>
    /// <returns>Their names, with <c>/</c>.</returns>
    /// <exception cref="AdminException">
    /// <see cref="AdminFault.NotFound"/>: there is no backup. <see cref="AdminFault.Store"/>: newer, or a file is missing or damaged; the message names it.
    /// </exception>
    public static async ValueTask<IReadOnlyList<string>> VerifyAsync(string folder, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var listed = ReadManifest(folder);
        foreach (var file in listed)
        {
            var path = Path.Combine(folder, file.Name);
            if (!File.Exists(path))
            {
                throw new AdminException(AdminFault.Store, $"The backup '{folder}' is not whole: '{file.Name}' is missing. Nothing was changed.");
            }

            if (await DescribeAsync(folder, path, cancellationToken) != file)
            {
                throw new AdminException(AdminFault.Store, $"The backup '{folder}' is damaged: '{file.Name}' is not what was written. Nothing was changed.");
            }
        }

        return [.. listed.Select(file => file.Name)];
    }

    private static void RemovePartial(string temporary)
    {
        if (!Path.Exists(temporary))
        {
            return;
        }

        if (!File.Exists(Path.Combine(temporary, PartialName)))
        {
            throw new AdminException(AdminFault.Refused, $"'{temporary}' is in the way, and no backup that was broken off. It was left as it is.");
        }

        Directory.Delete(temporary, recursive: true);
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static async ValueTask<List<BackupFile>> DescribeAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new List<BackupFile>();
        foreach (var path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetRelativePath(folder, path) != PartialName)
            {
                files.Add(await DescribeAsync(folder, path, cancellationToken));
            }
        }

        return files;
    }

    private static async ValueTask<BackupFile> DescribeAsync(string folder, string path, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        return new BackupFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), stream.Length, digest);
    }

    private static void WriteManifest(string folder, List<BackupFile> files, DateTimeOffset now)
    {
        using var stream = new FileStream(Path.Combine(folder, ManifestName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format"u8, Format);
            writer.WriteString("createdAt"u8, now);
            writer.WriteStartArray("files"u8);
            foreach (var file in files)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, file.Name);
                writer.WriteNumber("bytes"u8, file.Bytes);
                writer.WriteString("sha256"u8, file.Sha256);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    private static List<BackupFile> ReadManifest(string folder)
    {
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path))
        {
            throw new AdminException(AdminFault.NotFound, $"'{folder}' is no backup: it has no {ManifestName}.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.GetProperty("format"u8).GetInt32() is var format && format > Format)
            {
                throw new AdminException(AdminFault.Store,
                    $"The backup '{folder}' was written by a newer version of this program (format {format}, this one knows {Format}). Nothing was changed.");
            }

            var files = new List<BackupFile>();
            foreach (var file in root.GetProperty("files"u8).EnumerateArray())
            {
                var name = file.GetProperty("name"u8).GetString() ?? "";
                if (Path.IsPathRooted(name) || name.Split('/').Contains(".."))
                {
                    throw new FormatException();
                }

                files.Add(new BackupFile(name, file.GetProperty("bytes"u8).GetInt64(), file.GetProperty("sha256"u8).GetString() ?? ""));
            }

            return files;
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new AdminException(AdminFault.Store, $"The backup '{folder}' is damaged: its {ManifestName} can't be read. Nothing was changed.", failure);
        }
    }

    private static void FlushFolders(string folder)
    {
        foreach (var inner in Directory.GetDirectories(folder, "*", SearchOption.AllDirectories))
        {
            DurableFolder.Flush(inner);
        }

        DurableFolder.Flush(folder);
    }

    private sealed record BackupFile(string Name, long Bytes, string Sha256);
}
