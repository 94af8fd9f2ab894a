using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto.Tests;

public sealed class PublicKeyChecksumTests
{
    [Fact]
    public void The_checksum_is_the_one_other_SDKs_write()
    {
        var alice = Vector.Load("alice-expected.json");
        var verify = Vector.Load("rsa-verify.json");

        Assert.Equal(alice["encryptionChecksum"], PublicKeyChecksum.Md5(alice["encryptionPublicKey"]));
        Assert.Equal(verify["expectedChecksum"], PublicKeyChecksum.Md5(verify["publicKey"]));
    }

    [Fact]
    public void The_later_form_names_its_algorithm()
    {
        Assert.Equal("334d016f755cd6dc58c53a86e183882f8ec14f52fb05345887c8a5edd42c87b7", PublicKeyChecksum.Hash("Hello!", "sha256"));
        Assert.Equal("5a1fff547b9dafdc95c1938a41e8951bded8a595db3a50ddf0183a67a8a05f6a", PublicKeyChecksum.Hash("@alice", "sha256"));
        Assert.Equal(Convert.ToHexStringLower(SHA512.HashData(Encoding.ASCII.GetBytes("Hello!"))), PublicKeyChecksum.Hash("Hello!", "sha512"));
        Assert.Null(PublicKeyChecksum.Hash("Hello!", "md5"));
    }
}
