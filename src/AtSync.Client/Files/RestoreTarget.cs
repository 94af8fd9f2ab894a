namespace AtSync.Client.Files;

/// <summary>
/// The folder that files are restored into. Nothing is written outside it: paths with <c>..</c> or a root are refused, and so are links on the way,
/// which could lead anywhere.
/// </summary>
internal sealed class RestoreTarget
{
    private readonly string _root;
    private readonly HashSet<string> _ready = new(StringComparer.Ordinal);

    public RestoreTarget(string folder)
    {
        _root = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new AtException(AtFault.NotFound, $"The folder \"{folder}\" can't be made: {e.Message}", inner: e);
        }
    }

    public string PathOf(string relative) => Path.Combine(_root, relative.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Makes the folders on the way; the reason why the file can't be restored, or null.</summary>
    public string? Prepare(string relative)
    {
        if (FileNames.Problem(relative) is { } problem)
        {
            return problem;
        }

        for (var slash = relative.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = relative.IndexOf('/', slash + 1))
        {
            var folder = relative[..slash];
            if (_ready.Contains(folder))
            {
                continue;
            }

            var info = new DirectoryInfo(PathOf(folder));
            if (info.LinkTarget is not null)
            {
                return $"\"{folder}\" is a link in the folder it would be restored into";
            }

            info.Create();
            _ready.Add(folder);
        }

        return null;
    }
}
