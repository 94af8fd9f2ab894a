using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AtSync.App.Configuration;

/// <summary>Where to listen, as configurations say it.</summary>
internal static class ListenAddresses
{
    /// <summary>The addresses of a checked list. <c>*</c> is every address of both families, by one socket where the system has IPv6.</summary>
    public static IReadOnlyList<IPAddress> Of(IReadOnlyList<string> texts) => texts.Contains("*")
        ? [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any]
        : [.. texts.Select(IPAddress.Parse).Distinct()];

    /// <summary><c>127.0.0.1:9464</c>, <c>[::1]:9464</c>, <c>localhost:0</c> or <c>*:9464</c>; 0 takes a free port. Null when it is none of these.</summary>
    public static IPEndPoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > IPEndPoint.MaxPort)
        {
            return null;
        }

        return text[..colon] switch
        {
            "*" => new IPEndPoint(Of(["*"])[0], port),
            "localhost" => new IPEndPoint(IPAddress.Loopback, port),
            ['[', .. var v6, ']'] => IPAddress.TryParse(v6, out var address) ? new IPEndPoint(address, port) : null,
            var v4 => IPAddress.TryParse(v4, out var address) && address.AddressFamily == AddressFamily.InterNetwork ? new IPEndPoint(address, port) : null,
        };
    }
}
