using AtSync.Directory;

namespace AtSync.App.Configuration;

/// <summary>What the configuration file of <c>atsync directory</c> says; the defaults are those of every key.</summary>
internal sealed record DirectorySettings
{
    public string Data { get; init; } = "";

    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public IReadOnlyList<string> Addresses { get; init; } = ["*"];

    public int Port { get; init; } = 64;

    public TlsSettings Tls { get; init; } = new();

    public ConnectionSettings Connections { get; init; } = new();

    public AtDirectoryLimits Limits { get; init; } = new();

    public LogSettings Log { get; init; } = new();

    public string ManagementAddress { get; init; } = "";
}
