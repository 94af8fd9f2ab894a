using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.App.Configuration;

/// <summary>Every key of the configuration file of <c>atsync server</c>.</summary>
internal static class ServerKeys
{
    public static SettingTable<ServerSettings> Table { get; } = new(new ServerSettings(), Check, Keys());

    private static List<Setting<ServerSettings>> Keys()
    {
        var keys = new List<Setting<ServerSettings>>();
        var top = new SettingSection<ServerSettings, ServerSettings>(keys, "", isHot: false, settings => settings, (_, settings) => settings);
        top.Add("data", "The data folder; made when missing. Needed.", SettingKind.Text(), value => value.Data, (value, text) => value with { Data = text });
        top.Flag("autoNotify", "Whether a write to a record that is shared with another atSign tells that atSign.",
            value => value.AutoNotify, (value, flag) => value with { AutoNotify = flag });
        top.Time("drainTimeout", "How long sessions may take to end politely when the server stops.",
            value => value.DrainTimeout, (value, time) => value with { DrainTimeout = time }, isHotItself: true);
        AddListen(keys);
        CommonKeys.AddTls(keys, value => value.Tls, (value, tls) => value with { Tls = tls }, dials: true);
        AddDirectory(keys);
        AddPeers(keys);
        AddStorage(keys);
        CommonKeys.AddConnections(keys, value => value.Connections, (value, connections) => value with { Connections = connections });
        LimitKeys.Add(keys, value => value.Limits, (value, limits) => value with { Limits = limits });
        CommonKeys.AddLog(keys, value => value.Log, (value, log) => value with { Log = log });
        CommonKeys.AddManagement(keys, value => value.ManagementAddress, (value, text) => value with { ManagementAddress = text });
        return keys;
    }

    private static void AddListen(List<Setting<ServerSettings>> keys)
    {
        var listen = new SettingSection<ServerSettings, ListenSettings>(
            keys, "listen", isHot: false, settings => settings.Listen, (settings, part) => settings with { Listen = part });
        listen.Add("addresses", "IP addresses to listen on; \"*\" is all of them.", CommonKeys.Addresses,
            value => value.Addresses, (value, list) => value with { Addresses = list });
        listen.Add("mode", "\"sni\": a host name per atSign, one port; \"port-per-atSign\": a port per atSign, one host name.",
            SettingKind.Choice(("sni", PlaceMode.Sni), ("port-per-atSign", PlaceMode.PortPerAtSign)),
            value => value.Mode, (value, mode) => value with { Mode = mode });
        listen.Number("port", "sni: the port; 0 takes a free one.", value => value.Port, (value, number) => value with { Port = number }, 0, 65_535);
        listen.Add("domain", "sni: the domain of the host names; @alice is at alice.DOMAIN, so its wildcard must lead to this server.",
            SettingKind.Text(), value => value.Domain, (value, text) => value with { Domain = text });
        listen.Number("publicPort", "sni: the port that the atDirectory tells, where it is another one (forwarding); 0 is the port itself.",
            value => value.PublicPort, (value, number) => value with { PublicPort = number }, 0, 65_535);
        listen.Add("host", "port-per-atSign: the host name that the atDirectory tells.",
            SettingKind.Text(), value => value.Host, (value, text) => value with { Host = text });
        listen.Number("firstPort", "port-per-atSign: the port of the first new atSign, counting up; 0 takes free ones.",
            value => value.FirstPort, (value, number) => value with { FirstPort = number }, 0, 65_535);
    }

    private static void AddDirectory(List<Setting<ServerSettings>> keys)
    {
        var directory = new SettingSection<ServerSettings, DirectoryLinkSettings>(
            keys, "directory", isHot: false, settings => settings.Directory, (settings, part) => settings with { Directory = part });
        directory.Add("address", "host:port of the atDirectory in which other atSigns are looked up.",
            SettingKind.Text(), value => value.Address, (value, text) => value with { Address = text });
        directory.Add("adminSocket", "admin.sock of an atDirectory on this machine, in which this server registers its atSigns; \"\": somebody else registers them.",
            SettingKind.Text(), value => value.AdminSocket, (value, text) => value with { AdminSocket = text });
    }

    private static void AddPeers(List<Setting<ServerSettings>> keys)
    {
        var peers = new SettingSection<ServerSettings, PeerSettings>(
            keys, "peers", isHot: false, settings => settings.Peers, (settings, part) => settings with { Peers = part });
        peers.Add("mutualTls", "Certificates of other atServers that dial this one: not asked for (\"off\"), asked for (\"ask\"), or demanded besides their pol (\"require\").",
            SettingKind.Choice(("off", MutualTls.Off), ("ask", MutualTls.Ask), ("require", MutualTls.Require)),
            value => value.MutualTls, (value, mode) => value with { MutualTls = mode });
        peers.Time("connectTimeout", "Time to reach another atServer or the atDirectory.",
            value => value.ConnectTimeout, (value, time) => value with { ConnectTimeout = time });
        peers.Time("answerTimeout", "Time for one exchange with another atServer.", value => value.AnswerTimeout, (value, time) => value with { AnswerTimeout = time });
        peers.Time("idleLife", "How long a connection to another atServer is kept that nobody uses.",
            value => value.IdleLife, (value, time) => value with { IdleLife = time });
        peers.Time("retryMin", "Wait after the first failure to reach an atSign; doubles up to retryMax.",
            value => value.RetryMin, (value, time) => value with { RetryMin = time });
        peers.Time("retryMax", "Longest wait between two tries.", value => value.RetryMax, (value, time) => value with { RetryMax = time });
        peers.Number("refusalsMax", "How often a notification is tried that the other side refuses for a reason that may pass.",
            value => value.RefusalsMax, (value, number) => value with { RefusalsMax = number }, 1, 1000);
        peers.Bytes("answerBytesMax", "Most bytes of an answer of another atServer.",
            value => value.AnswerBytesMax, (value, number) => value with { AnswerBytesMax = number }, 65_536);
    }

    private static void AddStorage(List<Setting<ServerSettings>> keys)
    {
        var storage = new SettingSection<ServerSettings, StorageSettings>(
            keys, "storage", isHot: false, settings => settings.Storage, (settings, part) => settings with { Storage = part });
        storage.Number("shards", "Files over which the atSigns are spread when the data folder is new; an existing one keeps its number.",
            value => value.Shards, (value, number) => value with { Shards = number }, 1, SqliteEngineOptions.ShardsMax);
        storage.Number("readersPerShard", "Simultaneous readers of one file.",
            value => value.ReadersPerShard, (value, number) => value with { ReadersPerShard = number }, 1, 64);
        storage.Number("writerCacheKib", "Page cache of each file's writer, KiB.",
            value => value.WriterCacheKib, (value, number) => value with { WriterCacheKib = number }, 64, 1 << 22);
        storage.Number("readerCacheKib", "Page cache of each reader, KiB.",
            value => value.ReaderCacheKib, (value, number) => value with { ReaderCacheKib = number }, 64, 1 << 22);
        storage.Add("pagesPerShardMax", "Most 4 KiB pages of each file; beyond it writes fail as on a full disk; 0 is no limit.",
            SettingKind.Number(0, uint.MaxValue - 1L, ""), value => value.PagesPerShardMax, (value, number) => value with { PagesPerShardMax = number });
    }

    private static IEnumerable<string> Check(ServerSettings settings)
    {
        var listen = settings.Listen;
        var problems = CommonKeys.CheckData(settings.Data)
            .Concat(CommonKeys.CheckAddresses(listen.Addresses, "listen.addresses"))
            .Concat(CommonKeys.Check(settings.Tls))
            .Concat(CommonKeys.CheckManagement(settings.ManagementAddress))
            .ToList();
        if (!HostPort.TryParse(settings.Directory.Address, out _))
        {
            problems.Add($"'directory.address' must be host:port, not '{settings.Directory.Address}'");
        }

        if (listen.Mode == PlaceMode.Sni && (!IsHostName(listen.Domain) || listen.Domain == "localhost"))
        {
            problems.Add(listen.Domain.Length == 0
                ? "'listen.domain' is empty: name the domain below which every atSign has its host name, or set 'listen.mode' to \"port-per-atSign\""
                : $"'listen.domain' must be a domain for which wildcard certificates hold, such as \"at.example.com\", not '{listen.Domain}'");
        }

        if (listen.Mode == PlaceMode.PortPerAtSign && !IsHostName(listen.Host) && !System.Net.IPAddress.TryParse(listen.Host, out _))
        {
            problems.Add($"'listen.host' must be a host name or an IP address, not '{listen.Host}'");
        }

        if (settings.Peers.RetryMin > settings.Peers.RetryMax)
        {
            problems.Add("'peers.retryMin' is greater than 'peers.retryMax'");
        }

        return problems.Concat(LimitKeys.Check(settings.Limits));
    }

    private static bool IsHostName(string text) => text.All(char.IsAscii) && Uri.CheckHostName(text) == UriHostNameType.Dns;
}
