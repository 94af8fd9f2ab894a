using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Transport.Tests;

public sealed class LocalAuthorityTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_authority_is_made_once_and_kept()
    {
        var first = Open();
        var made = File.ReadAllText(first.AuthorityFile);

        var second = Open();

        Assert.Equal(made, File.ReadAllText(second.AuthorityFile));
        Assert.True(Path.IsPathFullyQualified(second.AuthorityFile));
    }

    [Fact]
    public void Keys_are_for_their_owner_only()
    {
        Open().EnsureServerCertificate();

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("ca.key")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("server.key")));
        }

        Assert.Equal(["ca.key", "ca.pem", "server.key", "server.pem"], System.IO.Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_certificate_covers_this_machine_and_the_names_asked_for()
    {
        var authority = Open();

        Assert.True(authority.EnsureServerCertificate("alice.example.com", "*.at.example.com", "192.0.2.7", "2001:db8::1"));

        using var certificate = Server(authority);
        Assert.True(certificate.MatchesHostname("alice.example.com"));
        Assert.True(certificate.MatchesHostname("any.at.example.com"));
        Assert.True(certificate.MatchesHostname("localhost"));
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.True(certificate.MatchesHostname("192.0.2.7"));
        Assert.True(certificate.MatchesHostname("2001:db8::1"));
        Assert.False(certificate.MatchesHostname("bob.example.com"));
        Assert.True(certificate.NotAfter - certificate.NotBefore <= TimeSpan.FromDays(825));
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
    }

    [Fact]
    public void A_certificate_that_will_do_is_kept()
    {
        var authority = Open();
        authority.EnsureServerCertificate("alice.localhost", "bob.localhost");

        Assert.False(authority.EnsureServerCertificate());
        Assert.False(authority.EnsureServerCertificate("BOB.localhost"));
        Assert.False(Open().EnsureServerCertificate("alice.localhost"));
    }

    [Fact]
    public void A_certificate_is_renewed_a_month_before_its_end_with_the_same_key()
    {
        var authority = Open();
        authority.EnsureServerCertificate();
        using var before = Server(authority);
        var key = File.ReadAllText(authority.Server.KeyFile);

        _time.SetUtcNow(before.NotAfter.ToUniversalTime() - TimeSpan.FromDays(31));
        Assert.False(authority.EnsureServerCertificate());
        _time.SetUtcNow(before.NotAfter.ToUniversalTime() - TimeSpan.FromDays(29));
        Assert.True(authority.EnsureServerCertificate());

        using var after = Server(authority);
        Assert.True(after.NotAfter > before.NotAfter);
        Assert.NotEqual(before.SerialNumber, after.SerialNumber);
        Assert.Equal(key, File.ReadAllText(authority.Server.KeyFile));
    }

    [Fact]
    public void A_clock_that_went_back_makes_a_certificate_that_is_valid_now()
    {
        var authority = Open();
        authority.EnsureServerCertificate();
        using var before = Server(authority);
        var earlier = new FakeTimeProvider(_time.GetUtcNow() - TimeSpan.FromHours(25));

        // The authority itself begins a day back, so the new certificate begins with it.
        Assert.True(LocalAuthority.Open(_folder.Path, earlier).EnsureServerCertificate());
    }

    [Theory]
    [InlineData("server.key")]
    [InlineData("server.pem")]
    public void A_damaged_or_missing_server_file_is_made_anew(string file)
    {
        var authority = Open();
        authority.EnsureServerCertificate();

        File.WriteAllText(_folder.File(file), "damage");
        Assert.True(authority.EnsureServerCertificate());
        Server(authority).Dispose();

        File.Delete(_folder.File(file));
        Assert.True(authority.EnsureServerCertificate());
        Server(authority).Dispose();
        Assert.False(authority.EnsureServerCertificate());
    }

    [Fact]
    public void A_certificate_of_another_authority_is_replaced()
    {
        using var elsewhere = new TestFolder();
        var other = LocalAuthority.Open(elsewhere.Path, _time);
        other.EnsureServerCertificate();
        var authority = Open();
        File.Copy(other.Server.ChainFile, authority.Server.ChainFile);
        File.Copy(other.Server.KeyFile, authority.Server.KeyFile);

        Assert.True(authority.EnsureServerCertificate());
    }

    [Theory]
    [InlineData("ca.key")]
    [InlineData("ca.pem")]
    public void A_damaged_authority_is_refused_with_what_to_do_and_left_alone(string file)
    {
        Open();
        File.WriteAllText(_folder.File(file), "damage");

        var error = Assert.Throws<CryptographicException>(Open);

        Assert.Contains("Restore both from a copy", error.Message, StringComparison.Ordinal);
        Assert.Equal("damage", File.ReadAllText(_folder.File(file)));
    }

    [Fact]
    public void An_authority_without_its_key_is_refused()
    {
        Open();
        File.Delete(_folder.File("ca.key"));

        Assert.Contains("ca.key", Assert.Throws<CryptographicException>(Open).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("ca.key")));
    }

    [Fact]
    public void A_lost_authority_certificate_is_made_anew_with_its_key_so_that_clients_go_on_trusting()
    {
        var authority = Open();
        using var lost = X509CertificateLoader.LoadCertificateFromFile(authority.AuthorityFile);
        File.Delete(authority.AuthorityFile);

        var again = Open();
        again.EnsureServerCertificate();

        using var certificate = Server(again);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(lost);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        Assert.True(chain.Build(certificate));
    }

    [Fact]
    public void An_authority_at_the_end_of_its_life_says_so()
    {
        Open();
        _time.Advance(TimeSpan.FromDays(7_290));

        Assert.Contains("end of its life", Assert.Throws<CryptographicException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_names_are_refused_by_name_of_the_limit() =>
        Assert.Contains(
            "at most 256",
            Assert.Throws<ArgumentException>(() => Open().EnsureServerCertificate(Enumerable.Range(0, 300).Select(i => $"n{i}.example"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("not a name")]
    [InlineData("a.*.example")]
    [InlineData("münchen.example")]
    public void What_is_neither_a_name_nor_an_address_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => Open().EnsureServerCertificate(name));

    private LocalAuthority Open() => LocalAuthority.Open(_folder.Path, _time);

    /// <summary>With its key, which it must belong to.</summary>
    private static X509Certificate2 Server(LocalAuthority authority) => X509Certificate2.CreateFromPemFile(authority.Server.ChainFile, authority.Server.KeyFile);
}
