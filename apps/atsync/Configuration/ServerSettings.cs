using AtSync.Server;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Configuration;

/// <summary>What the configuration file of <c>atsync server</c> says; the defaults are those of every key.</summary>
internal sealed record ServerSettings
{
    public string Data { get; init; } = "";

    public bool AutoNotify { get; init; } = true;

    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public ListenSettings Listen { get; init; } = new();

    public TlsSettings Tls { get; init; } = new();

    public DirectoryLinkSettings Directory { get; init; } = new();

    public PeerSettings Peers { get; init; } = new();

    public StorageSettings Storage { get; init; } = new();

    public ConnectionSettings Connections { get; init; } = new();

    public AtServerLimits Limits { get; init; } = new();

    public LogSettings Log { get; init; } = new();

    public string ManagementAddress { get; init; } = "";
}

/// <summary>How an atServer's connections find their atSign.</summary>
internal enum PlaceMode
{
    /// <summary>A host name per atSign, one port.</summary>
    Sni,

    /// <summary>A port per atSign, one host name.</summary>
    PortPerAtSign,
}

internal sealed record ListenSettings
{
    public IReadOnlyList<string> Addresses { get; init; } = ["*"];

    public PlaceMode Mode { get; init; } = PlaceMode.Sni;

    public int Port { get; init; } = 6464;

    public string Domain { get; init; } = "";

    public int PublicPort { get; init; }

    public string Host { get; init; } = "localhost";

    public int FirstPort { get; init; } = 25_000;
}

/// <summary>Certificates: shown, and trusted.</summary>
internal sealed record TlsSettings
{
    public IReadOnlyList<CertificateSetting> Certificates { get; init; } = [];

    public bool LocalAuthority { get; init; }

    public IReadOnlyList<string> LocalNames { get; init; } = [];

    public IReadOnlyList<string> TrustedAuthorities { get; init; } = [];

    public bool TrustSystemAuthorities { get; init; } = true;
}

/// <summary>A certificate's chain and key, both PEM files.</summary>
internal sealed record CertificateSetting(string Chain, string Key);

/// <summary>The atDirectory as an atServer sees it.</summary>
internal sealed record DirectoryLinkSettings
{
    public string Address { get; init; } = "root.atsign.org:64";

    public string AdminSocket { get; init; } = "";
}

/// <summary>Whether atServers prove themselves to each other by certificates, too.</summary>
internal enum MutualTls
{
    Off,
    Ask,
    Require,
}

internal sealed record PeerSettings
{
    public MutualTls MutualTls { get; init; } = MutualTls.Ask;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan IdleLife { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(2);

    public int RefusalsMax { get; init; } = 5;

    public int AnswerBytesMax { get; init; } = 12_000_000;
}

internal sealed record StorageSettings
{
    public int Shards { get; init; } = 4;

    public int ReadersPerShard { get; init; } = 4;

    public int WriterCacheKib { get; init; } = 16 * 1024;

    public int ReaderCacheKib { get; init; } = 1024;

    public long PagesPerShardMax { get; init; }
}

/// <summary>Limits of a listener.</summary>
internal sealed record ConnectionSettings
{
    public int Max { get; init; } = 20_000;

    public int MaxPerAddress { get; init; } = 2_000;

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public int SendBufferBytes { get; init; } = 262_144;
}

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

internal sealed record LogSettings
{
    public LogLevel Level { get; init; } = LogLevel.Information;

    public LogFormat Format { get; init; } = LogFormat.Text;
}
