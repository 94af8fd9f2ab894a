using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Transport.Tests;

public sealed class TlsNetworkTests
{
    [Fact]
    public async Task A_peer_with_a_trusted_certificate_is_reached()
    {
        await using var peer = TlsPeer.Serving(async tls =>
        {
            await tls.WriteAsync("@"u8.ToArray(), PipeText.Token);
            await tls.ReadExactlyAsync(new byte[4], PipeText.Token);
            await tls.WriteAsync("pong"u8.ToArray(), PipeText.Token);
            await tls.ShutdownAsync();
        });

        await using var connection = await peer.DialAsync();
        Assert.Equal("@", await connection.ReceiveAsync(1));
        await connection.SendAsync("ping");
        Assert.Equal("pong", await connection.ReceiveToEndAsync());

        Assert.Equal("CN=AtSync server", connection.PeerCertificate!.Subject);
        Assert.Equal((4L, 5L), connection.Bytes);
        await connection.Closed.FiredAsync();
    }

    [Fact]
    public async Task An_authority_that_is_not_trusted_is_named_and_what_to_do()
    {
        await using var peer = TlsPeer.Serving(_ => Task.CompletedTask);
        await using var other = TlsPeer.Serving(_ => Task.CompletedTask);

        var failure = await FailureAsync(peer.DialAsync(options => options with { AuthorityFiles = [other.Authority.AuthorityFile] }));

        Assert.Equal(NetworkFault.UntrustedCertificate, failure.Fault);
        Assert.Contains("AtSync local authority", failure.Message, StringComparison.Ordinal);
        Assert.Contains("PEM file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_systems_authorities_alone_do_not_trust_a_local_one()
    {
        await using var peer = TlsPeer.Serving(_ => Task.CompletedTask);

        var failure = await FailureAsync(peer.DialAsync(_ => new TlsNetworkOptions()));

        Assert.Equal(NetworkFault.UntrustedCertificate, failure.Fault);
    }

    [Fact]
    public async Task A_certificate_for_other_names_lists_them()
    {
        await using var peer = TlsPeer.Serving(_ => Task.CompletedTask);

        var failure = await FailureAsync(new TlsNetwork(peer.Options).DialAsync(peer.Address with { Host = "bob.localhost" }, PipeText.Token));

        Assert.Equal(NetworkFault.WrongHostName, failure.Fault);
        Assert.Contains("localhost", failure.Message, StringComparison.Ordinal);
        Assert.Contains("bob.localhost", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_says_until_when_it_was_valid()
    {
        await using var peer = TlsPeer.Serving(_ => Task.CompletedTask, issuedAt: new DateTimeOffset(2020, 1, 2, 0, 0, 0, TimeSpan.Zero));

        var failure = await FailureAsync(peer.DialAsync());

        Assert.Equal(NetworkFault.UntrustedCertificate, failure.Fault);
        Assert.Contains("2020-01-01", failure.Message, StringComparison.Ordinal);
        Assert.Contains("clock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_without_a_listener_is_unreachable()
    {
        HostPort address;
        await using (var peer = TlsPeer.Serving(_ => Task.CompletedTask))
        {
            address = peer.Address;
        }

        var failure = await FailureAsync(new TlsNetwork().DialAsync(address, PipeText.Token));

        Assert.Equal(NetworkFault.Unreachable, failure.Fault);
        Assert.Contains("refused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_can_not_be_a_host_name_is_unreachable()
    {
        var failure = await FailureAsync(new TlsNetwork().DialAsync(new HostPort(new string('x', 300), 6400), PipeText.Token));

        Assert.Equal(NetworkFault.Unreachable, failure.Fault);
        Assert.Contains("not known", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_says_nothing_times_out_by_the_injected_clock()
    {
        var time = new FakeTimeProvider();
        var greeted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var peer = TlsPeer.ServingSockets(async socket =>
        {
            await socket.ReceiveAsync(new byte[1], PipeText.Token);
            greeted.SetResult();
            await ListenOnlyAsync(socket);
        });
        var dialling = peer.DialAsync(options => options with { TimeProvider = time, ConnectTimeout = TimeSpan.FromSeconds(7) }).AsTask();
        await greeted.Task.WaitAsync(PipeText.Token);
        Assert.False(dialling.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(7));

        var failure = await Assert.ThrowsAsync<NetworkException>(() => dialling);
        Assert.Equal(NetworkFault.Timeout, failure.Fault);
        Assert.Contains("7 s", failure.Message, StringComparison.Ordinal);
        Assert.Contains("TLS handshake", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dial_that_is_called_off_ends_as_called_off()
    {
        await using var peer = TlsPeer.ServingSockets(ListenOnlyAsync);
        using var stop = new CancellationTokenSource();
        var dialling = new TlsNetwork(peer.Options).DialAsync(peer.Address, stop.Token).AsTask();
        await peer.Accepted.Task.WaitAsync(PipeText.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialling);
    }

    [Fact]
    public async Task A_peer_that_does_not_speak_TLS_is_told_as_such()
    {
        await using var peer = TlsPeer.ServingSockets(async socket =>
        {
            await socket.SendAsync("220 mail.example ready\r\n"u8.ToArray(), PipeText.Token);
            await socket.ReceiveAsync(new byte[100_000], PipeText.Token);
        });

        var failure = await FailureAsync(peer.DialAsync());

        Assert.Equal(NetworkFault.Tls, failure.Fault);
        Assert.Contains("right port", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_closes_in_the_handshake_is_told_as_such()
    {
        await using var peer = TlsPeer.ServingSockets(async socket =>
        {
            await socket.ReceiveAsync(new byte[100_000], PipeText.Token);
            socket.Shutdown(SocketShutdown.Both);
        });

        Assert.Equal(NetworkFault.Closed, (await FailureAsync(peer.DialAsync())).Fault);
    }

    [Fact]
    public async Task A_missing_authority_file_is_named_and_found_at_a_later_dial()
    {
        await using var peer = TlsPeer.Serving(tls => tls.ShutdownAsync());
        var file = peer.Folder.File("later.pem");
        var network = new TlsNetwork(peer.Options with { AuthorityFiles = [file] });

        var failure = await FailureAsync(network.DialAsync(peer.Address, PipeText.Token));
        File.Copy(peer.Authority.AuthorityFile, file);
        await using var connection = await network.DialAsync(peer.Address, PipeText.Token);

        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Equal("", await connection.ReceiveToEndAsync());
    }

    [Fact]
    public async Task An_authority_file_without_a_certificate_is_named()
    {
        await using var peer = TlsPeer.Serving(_ => Task.CompletedTask);
        var file = peer.Folder.File("empty.pem");
        await File.WriteAllTextAsync(file, "no certificate here", PipeText.Token);

        var failure = await FailureAsync(peer.DialAsync(options => options with { AuthorityFiles = [file] }));

        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Contains("PEM", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_our_own_is_shown_to_a_peer_that_asks()
    {
        var shown = new TaskCompletionSource<string?>();
        using var folder = new TestFolder();
        var ours = LocalAuthority.Open(folder.Path, TimeProvider.System);
        ours.EnsureServerCertificate();
        await using var peer = TlsPeer.Serving(
            tls =>
            {
                shown.SetResult(tls.RemoteCertificate?.Subject);
                return tls.ShutdownAsync();
            },
            options =>
            {
                options.ClientCertificateRequired = true;
                options.CertificateChainPolicy = new TrustedAuthorities([ours.AuthorityFile], trustSystem: false, isForClients: true).CreatePolicy();
            });

        await using var connection = await peer.DialAsync(options => options with { ClientCertificate = new CertificateFiles(ours.Server) });

        Assert.Equal("CN=AtSync server", await shown.Task.WaitAsync(PipeText.Token));
    }

    [Fact]
    public async Task Names_below_localhost_lead_to_this_machine()
    {
        await using var peer = TlsPeer.Serving(tls => tls.WriteAsync("@"u8.ToArray(), PipeText.Token).AsTask());
        peer.Authority.EnsureServerCertificate("alice.localhost");

        await using var connection = await new TlsNetwork(peer.Options).DialAsync(peer.Address with { Host = "alice.localhost" }, PipeText.Token);

        Assert.Equal("@", await connection.ReceiveAsync(1));
        Assert.Equal("alice.localhost", connection.ServerName);
    }

    [Fact]
    public async Task A_callback_that_throws_leaves_nobody_waiting_for_bytes()
    {
        var end = new TaskCompletionSource();
        await using var peer = TlsPeer.Serving(async tls =>
        {
            await end.Task;
            await tls.ShutdownAsync();
        });
        var connection = await peer.DialAsync();
        connection.Closed.Register(() => throw new InvalidOperationException("a fault of the caller"));
        var reading = connection.ReceiveToEndAsync();

        end.SetResult();

        Assert.Equal("", await reading.WaitAsync(PipeText.Token));
        await Assert.ThrowsAsync<AggregateException>(async () => await connection.DisposeAsync());
    }

    /// <summary>Takes bytes and says nothing, until the other side goes.</summary>
    private static async Task ListenOnlyAsync(Socket socket)
    {
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, PipeText.Token) > 0)
        {
        }
    }

    private static async Task<NetworkException> FailureAsync(ValueTask<IConnection> dialling) =>
        await Assert.ThrowsAsync<NetworkException>(async () => await dialling);
}
