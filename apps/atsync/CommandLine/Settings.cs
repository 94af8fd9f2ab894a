using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.CommandLine;

/// <summary>What the environment says when an option does not.</summary>
internal static class Settings
{
    /// <summary>The public atDirectory.</summary>
    private static readonly HostPort PublicRoot = new("root.atsign.org", 64);

    public static HostPort Root(string? option)
    {
        var text = option ?? Variable("ATSYNC_ROOT");
        if (text is null)
        {
            return PublicRoot;
        }

        return HostPort.TryParse(text, out var root)
            ? root
            : throw CliException.Usage($"'{text}' is no address of an atDirectory. Write host:port, for example localhost:6400 (--root or ATSYNC_ROOT).");
    }

    public static string? AuthorityFile(string? option)
    {
        var file = option ?? Variable("ATSYNC_CA");
        if (file is null)
        {
            return null;
        }

        return File.Exists(file)
            ? Path.GetFullPath(file)
            : throw CliException.Usage($"The certificate authority file '{file}' does not exist (--ca or ATSYNC_CA). 'atsync up' prints its path in the ready line.");
    }

    public static string KeyFile(string? option, AtSign atSign) =>
        option is null ? Path.Combine(UserFolder, ".atsign", "keys", $"{atSign}_key.atKeys") : Path.GetFullPath(option);

    public static string StoreFolder(string? option, AtSign atSign) =>
        option is null ? Path.Combine(Variable("ATSYNC_HOME") ?? Path.Combine(UserFolder, ".atsync"), atSign.ToString()) : Path.GetFullPath(option);

    public static string? PassphraseFile => Variable("ATSYNC_PASSPHRASE_FILE");

    /// <summary>A name for this device; when there is one, versions written here say so.</summary>
    public static string? DeviceName => Variable("ATSYNC_DEVICE");

    private static string UserFolder => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
