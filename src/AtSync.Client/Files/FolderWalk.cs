namespace AtSync.Client.Files;

/// <summary>Every regular file below a folder, hidden ones too, in ordinal order within each folder; what is no regular file, with the reason. Links are never followed.</summary>
internal static class FolderWalk
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
    };

    /// <summary>Relative paths with <c>/</c> between segments.</summary>
    public static (List<string> Files, List<(string Path, string Reason)> Skipped) Walk(string folder, CancellationToken cancellationToken)
    {
        var root = new DirectoryInfo(folder);
        if (!root.Exists)
        {
            throw new AtException(AtFault.NotFound, $"The folder \"{folder}\" does not exist.");
        }

        var files = new List<string>();
        var skipped = new List<(string, string)>();
        // Folders still to be read; the next in order on top.
        var folders = new Stack<(DirectoryInfo Folder, string Prefix)>();
        folders.Push((root, ""));
        while (folders.TryPop(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileSystemInfo[] entries;
            try
            {
                entries = next.Folder.GetFileSystemInfos("*", Everything);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException && next.Prefix.Length > 0)
            {
                skipped.Add((next.Prefix.TrimEnd('/'), $"the folder can't be read: {e.Message}"));
                continue;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                throw new AtException(AtFault.NotFound, $"The folder \"{folder}\" can't be read: {e.Message}", inner: e);
            }

            Array.Sort(entries, (one, other) => string.CompareOrdinal(one.Name, other.Name));
            var inner = new List<(DirectoryInfo, string)>();
            foreach (var entry in entries)
            {
                var path = next.Prefix + entry.Name;
                if (Problem(entry, path) is { } problem)
                {
                    skipped.Add((path, problem));
                }
                else if (entry is DirectoryInfo directory)
                {
                    inner.Add((directory, path + "/"));
                }
                else
                {
                    files.Add(path);
                }
            }

            for (var i = inner.Count - 1; i >= 0; i--)
            {
                folders.Push(inner[i]);
            }
        }

        return (files, skipped);
    }

    private static string? Problem(FileSystemInfo entry, string path)
    {
        // Bytes that are no UTF-8 arrive as U+FFFD, and the name no longer leads to the file.
        if (entry.Name.Contains('\uFFFD') && !File.Exists(entry.FullName) && !Directory.Exists(entry.FullName))
        {
            return "its name is not valid UTF-8; rename it";
        }

        if (entry.LinkTarget is not null || (entry.Attributes & FileAttributes.ReparsePoint) != 0)
        {
            return "a link";
        }

        if (FileNames.Problem(path) is { } problem)
        {
            return problem;
        }

        return entry is FileInfo && !FileKind.IsRegular(entry.FullName) ? "a special file (pipe, socket or device)" : null;
    }
}
