using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.AotCheck;

/// <summary>AtSync.Crypto: the BCL's ciphers, BouncyCastle's Argon2id, JSON of key files.</summary>
internal static class CryptoChecks
{
    public static Task RunAsync(string folder)
    {
        using var self = SymmetricKey.Create(SystemRandomSource.Instance);
        var text = self.SealToBase64("a value"u8, SymmetricKey.ZeroIv);
        Check.That(Encoding.UTF8.GetString(self.OpenFromBase64(text, SymmetricKey.ZeroIv)) == "a value", "what was sealed is opened");

        using var pair = RsaPrivateKey.Generate();
        Check.That(PkamSignature.Verify(pair.PublicSpkiBase64, "rsa2048", "sha256", "challenge", PkamSignature.Sign("challenge", pair)) == true, "a signature is accepted");
        Check.That(PkamSignature.Verify("AAAA", "mldsa65", null, "challenge", "AAAA") == false, "a signature of the wrong size is not");

        var alice = AtSign.Parse("@alice");
        var keys = new AtKeysFile
        {
            AtSign = alice,
            PkamPublicKey = pair.PublicSpkiBase64,
            PkamPrivateKey = pair.Pkcs8Base64,
            EncryptionPublicKey = pair.PublicSpkiBase64,
            EncryptionPrivateKey = pair.Pkcs8Base64,
            SelfEncryptionKey = self.ToBase64(),
        };
        var path = Path.Combine(folder, "@alice_key.atKeys");
        keys.Save(path, alice, "a passphrase", SystemRandomSource.Instance);
        Check.That(AtKeysFile.Load(path, alice, "a passphrase") == keys, "a saved key file is loaded");
        return Task.CompletedTask;
    }
}
