using AtSync.Directory;

namespace AtSync.App.Configuration;

/// <summary>Every key of the configuration file of <c>atsync directory</c>.</summary>
internal static class DirectoryKeys
{
    public static SettingTable<DirectorySettings> Table { get; } = new(new DirectorySettings(), Check, Keys());

    private static List<Setting<DirectorySettings>> Keys()
    {
        var keys = new List<Setting<DirectorySettings>>();
        var top = new SettingSection<DirectorySettings, DirectorySettings>(keys, "", isHot: false, settings => settings, (_, settings) => settings);
        top.Add("data", "The data folder; made when missing. Needed.", SettingKind.Text(), value => value.Data, (value, text) => value with { Data = text });
        top.Time("drainTimeout", "How long connections may take to end politely when the directory stops.",
            value => value.DrainTimeout, (value, time) => value with { DrainTimeout = time }, isHotItself: true);
        var listen = new SettingSection<DirectorySettings, DirectorySettings>(keys, "listen", isHot: false, settings => settings, (_, settings) => settings);
        listen.Add("addresses", "IP addresses to listen on; \"*\" is all of them.", CommonKeys.Addresses,
            value => value.Addresses, (value, list) => value with { Addresses = list });
        listen.Number("port", "The port; 0 takes a free one.", value => value.Port, (value, number) => value with { Port = number }, 0, 65_535);
        CommonKeys.AddTls(keys, value => value.Tls, (value, tls) => value with { Tls = tls }, dials: false);
        CommonKeys.AddConnections(keys, value => value.Connections, (value, connections) => value with { Connections = connections });
        var limits = new SettingSection<DirectorySettings, AtDirectoryLimits>(
            keys, "limits", isHot: true, settings => settings.Limits, (settings, part) => settings with { Limits = part });
        limits.Bytes("requestBytesMax", "Most bytes of a request.",
            value => value.RequestBytesMax, (value, number) => value with { RequestBytesMax = number }, 64, 65_536);
        limits.Time("idleTimeout", "Idle time after which a connection is closed.",
            value => value.IdleTimeout, (value, time) => value with { IdleTimeout = time });
        limits.Time("missDelay", "Delay of the second and later unknown atSigns on one connection; the third closes it.",
            value => value.MissDelay, (value, time) => value with { MissDelay = time });
        CommonKeys.AddLog(keys, value => value.Log, (value, log) => value with { Log = log });
        CommonKeys.AddManagement(keys, value => value.ManagementAddress, (value, text) => value with { ManagementAddress = text });
        return keys;
    }

    private static IEnumerable<string> Check(DirectorySettings settings) => CommonKeys.CheckData(settings.Data)
        .Concat(CommonKeys.CheckAddresses(settings.Addresses, "listen.addresses"))
        .Concat(CommonKeys.Check(settings.Tls))
        .Concat(CommonKeys.CheckManagement(settings.ManagementAddress));
}
