using System.Net;
using System.Net.Sockets;

namespace AtSync.Transport;

/// <summary>Turns a host name into addresses to try, in order.</summary>
internal static class HostResolver
{
    /// <summary>Addresses of one name that are tried; a name with more is not served better by waiting for all of them.</summary>
    private const int AddressesMax = 8;

    public static async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(HostPort target, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(target.Host, out var literal))
        {
            return [literal];
        }

        if (IsLoopbackName(target.Host))
        {
            // RFC 6761: these names are never asked of a resolver, and many resolvers do not know those below localhost.
            return Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        }

        try
        {
            var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
            if (addresses.Length > 0)
            {
                return Interleave(addresses);
            }
        }
        catch (SocketException failure)
        {
            throw UnknownName(target, failure);
        }
        catch (ArgumentException failure)
        {
            // Longer than a host name may be.
            throw UnknownName(target, failure);
        }

        throw UnknownName(target, null);
    }

    /// <summary>True for <c>localhost</c> and every name below it.</summary>
    internal static bool IsLoopbackName(string host)
    {
        var name = host.AsSpan().TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Alternates the families, beginning with the resolver's first, so that one broken family costs one attempt (RFC 8305, section 4).</summary>
    internal static IReadOnlyList<IPAddress> Interleave(IReadOnlyList<IPAddress> addresses)
    {
        var first = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily == addresses[0].AddressFamily));
        var second = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily != addresses[0].AddressFamily));
        var result = new List<IPAddress>();
        while (result.Count < AddressesMax && first.Count + second.Count > 0)
        {
            if (first.TryDequeue(out var address))
            {
                result.Add(address);
            }

            (first, second) = second.Count > 0 ? (second, first) : (first, second);
        }

        return result;
    }

    private static NetworkException UnknownName(HostPort target, Exception? inner) => new(
        NetworkFault.Unreachable,
        $"{target}: the host name is not known. Check its spelling and this machine's name resolution.",
        inner);
}
