using System.Text.Json;

namespace AtSync.App.Configuration;

/// <summary>The sections that every program that serves has, and the checks of their values.</summary>
internal static class CommonKeys
{
    public static SettingKind<IReadOnlyList<string>> Addresses { get; } =
        SettingKind.Texts("IP addresses of this machine, or \"*\" for all of them");

    public static void AddTls<T>(List<Setting<T>> keys, Func<T, TlsSettings> get, Func<T, TlsSettings, T> set, bool dials)
    {
        var tls = new SettingSection<T, TlsSettings>(keys, "tls", isHot: true, get, set);
        tls.Add(
            "certificates", "PEM files of a public authority: [{\"chain\": \"fullchain.pem\", \"key\": \"privkey.pem\"}]; the first is shown to who names no known host.",
            SettingKind.Objects("a list of objects with the keys chain and key, both names of PEM files", ReadCertificate, WriteCertificate),
            value => value.Certificates, (value, list) => value with { Certificates = list });
        tls.Add(
            "localAuthority", "Instead: an authority of its own, in the folder ca of the data folder, whose ca.pem clients have to trust.",
            SettingKind.Flag, value => value.LocalAuthority, (value, flag) => value with { LocalAuthority = flag }, isHotItself: false);
        tls.Add(
            "localNames", "Further host names and addresses in the local authority's certificate.",
            SettingKind.Texts("host names"), value => value.LocalNames, (value, list) => value with { LocalNames = list });
        if (dials)
        {
            tls.Add(
                "trustedAuthorities", "PEM files of authorities that are trusted besides the system's, for the atDirectory and other atServers.",
                SettingKind.Texts("names of PEM files"), value => value.TrustedAuthorities, (value, list) => value with { TrustedAuthorities = list }, isHotItself: false);
            tls.Add(
                "trustSystemAuthorities", "Whether the authorities that the system trusts count.",
                SettingKind.Flag, value => value.TrustSystemAuthorities, (value, flag) => value with { TrustSystemAuthorities = flag }, isHotItself: false);
        }
    }

    public static void AddConnections<T>(List<Setting<T>> keys, Func<T, ConnectionSettings> get, Func<T, ConnectionSettings, T> set)
    {
        var connections = new SettingSection<T, ConnectionSettings>(keys, "connections", isHot: true, get, set);
        connections.Number(
            "max", "Open connections in all; a surplus one is closed before its handshake.",
            value => value.Max, (value, number) => value with { Max = number }, 1, 10_000_000);
        connections.Number(
            "maxPerAddress", "Open connections of one IPv4 address or one IPv6 /64 network.",
            value => value.MaxPerAddress, (value, number) => value with { MaxPerAddress = number }, 1, 10_000_000);
        connections.Time(
            "handshakeTimeout", "Time for the TLS handshake.",
            value => value.HandshakeTimeout, (value, time) => value with { HandshakeTimeout = time }, isHotItself: false);
        connections.Time(
            "writeTimeout", "How long a peer may take none of the bytes written to it.",
            value => value.WriteTimeout, (value, time) => value with { WriteTimeout = time });
        connections.Bytes(
            "sendBufferBytes", "The kernel's send buffer per connection: what a slow reader can bind; 0 leaves it to the system.",
            value => value.SendBufferBytes, (value, number) => value with { SendBufferBytes = number }, 0, isHotItself: false);
    }

    public static void AddLog<T>(List<Setting<T>> keys, Func<T, LogSettings> get, Func<T, LogSettings, T> set)
    {
        var log = new SettingSection<T, LogSettings>(keys, "log", isHot: true, get, set);
        log.Add("level", "The least level that is written to stderr.", SettingKind.Level, value => value.Level, (value, level) => value with { Level = level });
        log.Add(
            "format", "\"text\" for people, \"json\" for machines; one line per event.",
            SettingKind.Choice(("text", LogFormat.Text), ("json", LogFormat.Json)), value => value.Format, (value, format) => value with { Format = format });
    }

    public static void AddManagement<T>(List<Setting<T>> keys, Func<T, string> get, Func<T, string, T> set) => keys.Add(new Setting<T, string>(
        "management.address", "host:port for /healthz, /readyz and /metrics over plain HTTP, such as \"127.0.0.1:9464\"; \"\" serves none.",
        SettingKind.Text(), get, set, IsHot: false));

    public static IEnumerable<string> Check(TlsSettings tls)
    {
        if (tls.LocalAuthority == tls.Certificates.Count > 0)
        {
            yield return tls.LocalAuthority
                ? "'tls.certificates' and 'tls.localAuthority' exclude each other: give PEM files, or set localAuthority to true"
                : "'tls.certificates' is empty: give the PEM files of a certificate, or set 'tls.localAuthority' to true";
        }

        foreach (var file in tls.Certificates.SelectMany(certificate => new[] { certificate.Chain, certificate.Key }).Concat(tls.TrustedAuthorities))
        {
            if (!File.Exists(file))
            {
                yield return $"the file '{file}' named in 'tls' does not exist";
            }
        }
    }

    public static IEnumerable<string> CheckAddresses(IReadOnlyList<string> addresses, string path)
    {
        if (addresses.Count == 0)
        {
            yield return $"'{path}' is empty: name an IP address of this machine, or \"*\"";
        }

        foreach (var address in addresses)
        {
            if (address != "*" && !System.Net.IPAddress.TryParse(address, out _))
            {
                yield return $"'{path}' must be {Addresses.Allowed}, not '{address}'";
            }
        }
    }

    public static IEnumerable<string> CheckManagement(string address)
    {
        if (address.Length > 0 && ListenAddresses.Parse(address) is null)
        {
            yield return $"'management.address' must be an IP address and a port, such as \"127.0.0.1:9464\", not '{address}'";
        }
    }

    public static IEnumerable<string> CheckData(string data)
    {
        if (data.Length == 0)
        {
            yield return "'data' is empty: name the folder for everything that is kept";
        }
    }

    private static CertificateSetting ReadCertificate(JsonElement value)
    {
        string? chain = null, key = null;
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                (chain, key) = (member.Name, member.Value.ValueKind) switch
                {
                    ("chain", JsonValueKind.String) => (member.Value.GetString(), key),
                    ("key", JsonValueKind.String) => (chain, member.Value.GetString()),
                    _ => throw new FormatException(member.Name),
                };
            }
        }

        return chain is not null && key is not null ? new CertificateSetting(chain, key) : throw new FormatException(value.GetRawText());
    }

    private static void WriteCertificate(Utf8JsonWriter writer, CertificateSetting certificate)
    {
        writer.WriteStartObject();
        writer.WriteString("chain", certificate.Chain);
        writer.WriteString("key", certificate.Key);
        writer.WriteEndObject();
    }
}
