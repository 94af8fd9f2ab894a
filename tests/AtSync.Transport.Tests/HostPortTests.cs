using System.Net;
using CsCheck;

namespace AtSync.Transport.Tests;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("localhost:6400", "localhost", 6400)]
    [InlineData("root.atsign.org:64", "root.atsign.org", 64)]
    [InlineData("127.0.0.1:1", "127.0.0.1", 1)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void An_address_is_parsed_and_written_back(string text, string host, int port)
    {
        Assert.True(HostPort.TryParse(text, out var address));
        Assert.Equal(new HostPort(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData(":6400")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:-1")]
    [InlineData("localhost: 64")]
    [InlineData("localhost:64x")]
    [InlineData("::1:64")]
    [InlineData("[]:64")]
    [InlineData(" :64")]
    [InlineData("null")]
    [InlineData("host:99999999999")]
    public void What_is_no_address_is_refused(string text) => Assert.False(HostPort.TryParse(text, out _));

    [Fact]
    public void Any_text_is_parsed_or_refused_and_what_is_parsed_comes_back() => Gen.String.Sample(text =>
        !HostPort.TryParse(text, out var address) || (HostPort.TryParse(address.ToString(), out var again) && again == address));

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST.", true)]
    [InlineData("alice.localhost", true)]
    [InlineData("a.b.localhost", true)]
    [InlineData("notlocalhost", false)]
    [InlineData("localhost.example.com", false)]
    public void Names_at_and_below_localhost_are_this_machine(string host, bool isLoopback) =>
        Assert.Equal(isLoopback, HostResolver.IsLoopbackName(host));

    [Fact]
    public void Addresses_of_both_families_alternate_and_are_bounded()
    {
        var v6 = Enumerable.Range(1, 9).Select(i => IPAddress.Parse($"2001:db8::{i}")).ToArray();
        var v4 = Enumerable.Range(1, 2).Select(i => IPAddress.Parse($"192.0.2.{i}")).ToArray();

        var order = HostResolver.Interleave([.. v6, .. v4]);

        Assert.Equal([v6[0], v4[0], v6[1], v4[1], v6[2], v6[3], v6[4], v6[5]], order);
    }
}
