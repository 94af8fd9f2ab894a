using System.Net;
using System.Net.Sockets;

namespace AtSync.Transport;

/// <summary>What limits per address count.</summary>
public static class PeerAddress
{
    /// <summary>A customer's IPv6 network is a /64: counting single addresses there would be no limit.</summary>
    private const int NetworkBytesV6 = 8;

    /// <summary>What is counted for a peer: its IPv4 address, or its IPv6 network. Peers without an address share one place.</summary>
    public static IPAddress KeyOf(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: var address })
        {
            return IPAddress.None;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytesV6).Clear();
        return new IPAddress(bytes);
    }
}
