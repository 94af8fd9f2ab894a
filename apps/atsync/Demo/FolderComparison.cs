namespace AtSync.App.Demo;

/// <summary>Compares two folders byte by byte.</summary>
/// <param name="Files">Files that are equal.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Changed">Paths that somebody changed while the demo ran: no verdict.</param>
/// <param name="Differences">Path and what is wrong.</param>
internal sealed record FolderComparison(long Files, long Bytes, IReadOnlyList<string> Changed, IReadOnlyList<string> Differences)
{
    /// <summary>Compares every regular file below <paramref name="original"/> with its copy, and looks for copies without an original.</summary>
    /// <param name="original">The folder that was stored.</param>
    /// <param name="copy">The folder that was restored.</param>
    /// <param name="since">Files changed after it are the user's own doing.</param>
    /// <param name="skipped">Relative paths that were not stored.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    public static async Task<FolderComparison> RunAsync(
        string original, string copy, DateTime since, IReadOnlySet<string> skipped, CancellationToken cancellationToken)
    {
        var files = 0L;
        var bytes = 0L;
        var changed = new List<string>();
        var differences = new List<string>();
        var left = PathsOf(original);
        left.ExceptWith(skipped);
        var right = PathsOf(copy);
        foreach (var path in left.Union(right))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (first, second) = (Path.Combine(original, path), Path.Combine(copy, path));
            var problem = !left.Contains(path) ? "is not in the original folder"
                : !right.Contains(path) ? "was not restored"
                : await AreEqualAsync(first, second, cancellationToken) ? null
                : "differs";
            if (problem is null)
            {
                files++;
                bytes += new FileInfo(second).Length;
            }
            else if (!File.Exists(first) || File.GetLastWriteTimeUtc(first) >= since || File.GetCreationTimeUtc(first) >= since)
            {
                changed.Add(path);
            }
            else
            {
                differences.Add($"{path} {problem}");
            }
        }

        return new FolderComparison(files, bytes, changed, differences);
    }

    private static HashSet<string> PathsOf(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return System.IO.Directory.Exists(folder)
            ? [.. System.IO.Directory.EnumerateFiles(folder, "*", options).Select(file => Path.GetRelativePath(folder, file))]
            : [];
    }

    private static async Task<bool> AreEqualAsync(string first, string second, CancellationToken cancellationToken)
    {
        await using var left = File.OpenRead(first);
        await using var right = File.OpenRead(second);
        if (left.Length != right.Length)
        {
            return false;
        }

        var (leftPart, rightPart) = (new byte[1 << 17], new byte[1 << 17]);
        while (true)
        {
            var read = await left.ReadAtLeastAsync(leftPart, leftPart.Length, throwOnEndOfStream: false, cancellationToken);
            var also = await right.ReadAtLeastAsync(rightPart, rightPart.Length, throwOnEndOfStream: false, cancellationToken);
            if (!leftPart.AsSpan(0, read).SequenceEqual(rightPart.AsSpan(0, also)))
            {
                return false;
            }

            if (read == 0)
            {
                return true;
            }
        }
    }
}
