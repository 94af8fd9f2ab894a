using System.Security.Cryptography;

namespace AtSync.Transport.Tests;

public sealed class CertificateFilesTests : IDisposable
{
    private readonly TestFolder _first = new();
    private readonly TestFolder _second = new();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public void An_exact_name_comes_before_a_wildcard_and_that_before_the_first_file()
    {
        var files = new CertificateFiles(Made(_first, "alice.at.example"), Made(_second, "*.at.example"));

        var first = files.Find("")!;
        Assert.Same(first, files.Find("alice.at.example"));
        Assert.NotSame(first, files.Find("bob.at.example"));
        Assert.Same(files.Find("bob.at.example"), files.Find("BOB.AT.example"));
        Assert.Same(first, files.Find("at.example"));
        Assert.Same(first, files.Find("a.b.at.example"));
        Assert.Same(first, files.Find("unknown"));
    }

    [Fact]
    public void A_reload_that_fails_keeps_what_is_in_use()
    {
        var file = Made(_first, "alice.at.example");
        var files = new CertificateFiles(file);
        var before = files.Find("");
        File.WriteAllText(file.ChainFile, "damage");

        var error = Assert.Throws<CryptographicException>(files.Reload);

        Assert.Contains(file.ChainFile, error.Message, StringComparison.Ordinal);
        Assert.Same(before, files.Find(""));
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused_by_name()
    {
        var mixed = Made(_first, "a.example") with { KeyFile = Made(_second, "b.example").KeyFile };

        Assert.Contains(mixed.KeyFile, Assert.Throws<CryptographicException>(() => new CertificateFiles(mixed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_earliest_end_is_known()
    {
        var files = new CertificateFiles(Made(_first, "a.example"), Made(_second, "b.example"));

        Assert.InRange(files.NotAfter, DateTimeOffset.UtcNow.AddDays(800), DateTimeOffset.UtcNow.AddDays(826));
    }

    private static CertificateFile Made(TestFolder folder, string name)
    {
        var authority = LocalAuthority.Open(folder.Path, TimeProvider.System);
        authority.EnsureServerCertificate(name);
        return authority.Server;
    }
}
