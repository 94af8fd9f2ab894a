using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Demo;

/// <summary>The files that the demo works on: the folder asked for, or the checkout's <c>docs</c> and <c>src</c>.</summary>
/// <param name="Root">What the folders' paths are relative to.</param>
/// <param name="Folders">Full paths of the folders that are stored.</param>
/// <param name="Bytes">What their regular files hold.</param>
/// <param name="Files">How many regular files.</param>
internal sealed record DemoSource(string Root, IReadOnlyList<string> Folders, long Bytes, long Files)
{
    /// <summary>
    /// The server and three devices hold the data sealed as text (4/3 of its size, A's is gone before C's comes), the write-ahead logs hold some of it
    /// once more, and two devices write the files out.
    /// </summary>
    private const double SpaceFactor = 8;

    private const long SpaceBase = 256_000_000;

    public static DemoSource Find(string? folder)
    {
        if (folder is not null)
        {
            var full = Path.GetFullPath(folder);
            return System.IO.Directory.Exists(full) ? Measure(full, [full]) : throw CliException.Usage($"The folder '{folder}' does not exist.");
        }

        for (var at = new DirectoryInfo(Environment.CurrentDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "AtSync.slnx")))
            {
                string[] parts = [Path.Combine(at.FullName, "docs"), Path.Combine(at.FullName, "src")];
                return Measure(at.FullName, [.. parts.Where(System.IO.Directory.Exists)]);
            }
        }

        throw CliException.Usage("Name a folder whose files the demo may read: atsync demo FOLDER. (Inside a checkout of AtSync it takes docs and src.)");
    }

    /// <summary>What the stored paths of a folder's files begin with, so that several folders keep apart.</summary>
    public string PrefixOf(string folder) => folder == Root ? "" : Path.GetRelativePath(Root, folder) + "/";

    /// <exception cref="CliException">The disk has too little room; nothing was written.</exception>
    public void RequireSpace(string temporary)
    {
        var needed = (long)(Bytes * SpaceFactor) + SpaceBase;
        var free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(temporary)! : temporary).AvailableFreeSpace;
        if (free < needed)
        {
            throw new CliException(
                ExitCode.Local,
                $"The demo needs {Sizes.Text(needed)} for {Sizes.Text(Bytes)} of files, and '{temporary}' has {Sizes.Text(free)} free. Choose another place with --temp, or a smaller folder.");
        }
    }

    private static DemoSource Measure(string root, string[] folders)
    {
        // The same files that are stored: regular ones, hidden ones too; links are not followed; a name that is no UTF-8 leads nowhere.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        var files = folders.SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", options)).Where(file => file.Exists).ToArray();
        return new DemoSource(root, folders, files.Sum(file => file.Length), files.Length);
    }
}
