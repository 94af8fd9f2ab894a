using System.Net;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Server.Tests.Sessions;

/// <summary>Guessing is slowed down and never keeps the owner out.</summary>
public sealed class LoginGuardTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.2");
    private readonly FakeTimeProvider _clock = new(ServerBench.Start);

    private LoginGuard New(AtServerLimits? limits = null) => new(_clock, () => limits ?? new AtServerLimits());

    private static TimeSpan? Attempt(LoginGuard guard, IPAddress address)
    {
        var wait = guard.Enter(address);
        if (wait is not null)
        {
            guard.Leave();
        }

        return wait;
    }

    [Fact]
    public void After_some_wrong_proofs_an_address_waits_longer_each_time_and_others_do_not()
    {
        var guard = New(new AtServerLimits { LoginFailuresPerAddressMax = 3 });
        guard.Failed(One);
        guard.Failed(One);
        Assert.Equal(TimeSpan.Zero, Attempt(guard, One));
        var waits = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            guard.Failed(One);
            waits.Add(Attempt(guard, One)!.Value.TotalSeconds);
        }

        Assert.Equal([1, 2, 3, 5, 8, 13, 21, 34, 55, 55], waits);
        Assert.Equal(TimeSpan.Zero, Attempt(guard, Other));
        _clock.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(TimeSpan.Zero, Attempt(guard, One));
        _clock.Advance(TimeSpan.FromMinutes(10));
        guard.Failed(One);
        Assert.Equal(TimeSpan.Zero, Attempt(guard, One));
    }

    [Fact]
    public void When_very_many_fail_everywhere_only_known_addresses_go_on_without_waiting()
    {
        var guard = New(new AtServerLimits { LoginFailuresPerAtSignMax = 20 });
        guard.Succeeded(One);
        for (var i = 0; i < 25; i++)
        {
            guard.Failed(IPAddress.Parse($"198.51.100.{i}"));
        }

        Assert.Equal(TimeSpan.Zero, Attempt(guard, One));
        Assert.True(Attempt(guard, Other) > TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.Zero, Attempt(guard, Other));
    }

    [Fact]
    public void No_more_than_a_named_number_waits_at_a_time()
    {
        var guard = New(new AtServerLimits { LoginFailuresPerAddressMax = 1, LoginsWaitingMax = 2 });
        guard.Failed(One);
        Assert.NotNull(guard.Enter(One));
        Assert.NotNull(guard.Enter(One));
        Assert.Null(guard.Enter(One));
        Assert.NotNull(guard.Enter(Other));
        guard.Leave();
        guard.Leave();
        Assert.NotNull(guard.Enter(One));
    }

    [Fact]
    public async Task A_connection_with_too_many_wrong_proofs_ends()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { LoginFailuresPerConnectionMax = 3 });
        await using var client = await bench.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.AnswerAsync("from:alice");
            Assert.Equal("error:AT0401-Exception: Authentication Failed", await client.AnswerAsync("cram:00"));
        }

        await client.AnswerAsync("from:alice");
        await client.SendAsync("cram:00\n");
        Assert.Contains("3 times on this connection (LoginFailuresPerConnectionMax), so it ends", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wait_stands_before_the_next_attempt_also_of_another_connection()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { LoginFailuresPerAddressMax = 1 });
        await using (var client = await bench.ConnectAsync())
        {
            await client.AnswerAsync("from:alice");
            await client.AnswerAsync("cram:00");
        }

        await using var owner = await bench.ConnectAsync();
        var login = owner.CramAsync("alice", ServerBench.Secret);
        while (!login.IsCompleted)
        {
            await Task.Yield();
            bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        await login;
        Assert.True(bench.Clock.GetUtcNow() - ServerBench.Start >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Proofs_of_peers_are_limited_in_flight_and_in_failures()
    {
        var guard = new PolGuard(_clock, () => new AtServerLimits { PolsInFlightMax = 3, PolsInFlightPerAddressMax = 2, PolFailuresPerAddressMax = 2 });
        Assert.Null(guard.Enter(One));
        Assert.Null(guard.Enter(One));
        Assert.Contains("PolsInFlightPerAddressMax", guard.Enter(One)!.Detail, StringComparison.Ordinal);
        Assert.Null(guard.Enter(Other));
        Assert.Contains("PolsInFlightMax", guard.Enter(IPAddress.Loopback)!.Detail, StringComparison.Ordinal);
        guard.Leave(One, isProven: true);
        guard.Leave(One, isProven: false);
        Assert.Null(guard.Enter(One));
        guard.Leave(One, isProven: false);
        var refusal = guard.Enter(One)!;
        Assert.Equal(("AT0006", false), (refusal.Code, refusal.Closes));
        Assert.Contains("PolFailuresPerAddressMax", refusal.Detail, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(guard.Enter(One));
    }

    [Fact]
    public async Task A_stranger_whose_proofs_fail_makes_the_server_dial_only_so_often()
    {
        await using var bench = await Peers.PeerBench.StartAsync();
        var dials = bench.Network.DialCount;
        await using var stranger = await bench.StrangerAsync("alice");
        for (var i = 0; i < 40; i++)
        {
            await stranger.AnswerAsync("from:@carol");
            Assert.StartsWith(i < 30 ? "error:AT0007" : "error:AT0006", await stranger.AnswerAsync("pol"), StringComparison.Ordinal);
        }

        Assert.InRange(bench.Network.DialCount - dials, 1, 31);
    }

    [Fact]
    public async Task Enrollment_requests_for_an_atSign_are_limited_from_wherever_they_come()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { EnrollmentRequestsPerAtSignMax = 2, EnrollmentsPendingMax = 1 });
        var (owner, _) = await bench.EnrollAsync();
        await using var ended = owner;
        Assert.Equal("data:ok", await owner.AnswerAsync("otp:put:abcdef"));
        Assert.StartsWith("data:", await RequestAsync(bench, 1), StringComparison.Ordinal);
        Assert.Contains("AT0028-Exception: 1 enrollments wait for a decision already (EnrollmentsPendingMax)", await RequestAsync(bench, 2), StringComparison.Ordinal);
        Assert.Contains("(EnrollmentRequestsPerAtSignMax)", await RequestAsync(bench, 3), StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Contains("(EnrollmentsPendingMax)", await RequestAsync(bench, 4), StringComparison.Ordinal);
    }

    private static async Task<string> RequestAsync(ServerBench bench, int device)
    {
        await using var client = await bench.ConnectAsync();
        return await client.AnswerAsync(
            $$"""enroll:request:{"appName":"app","deviceName":"d{{device}}","otp":"abcdef","namespaces":{"app":"rw"},"apkamPublicKey":"key{{device}}","encryptedAPKAMSymmetricKey":"k"}""");
    }
}
