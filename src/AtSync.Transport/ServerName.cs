using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>A host name or an address as it stands in a certificate.</summary>
internal readonly record struct ServerName(string Text, IPAddress? Address)
{
    public static ServerName Parse(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return new ServerName(address.ToString(), address);
        }

        var name = text.TrimEnd('.').ToLowerInvariant();
        var checkedName = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
        return Uri.CheckHostName(checkedName) == UriHostNameType.Dns && checkedName.All(char.IsAscii)
            ? new ServerName(name, null)
            : throw new ArgumentException($"'{text}' is neither a host name nor an address.", nameof(text));
    }

    public static HashSet<ServerName> Of(X509Certificate2 certificate)
    {
        var names = new HashSet<ServerName>();
        foreach (var alternatives in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.UnionWith(alternatives.EnumerateDnsNames().Select(name => new ServerName(name.ToLowerInvariant(), null)));
            names.UnionWith(alternatives.EnumerateIPAddresses().Select(address => new ServerName(address.ToString(), address)));
        }

        return names;
    }

    public void AddTo(SubjectAlternativeNameBuilder alternatives)
    {
        if (Address is null)
        {
            alternatives.AddDnsName(Text);
        }
        else
        {
            alternatives.AddIpAddress(Address);
        }
    }
}
