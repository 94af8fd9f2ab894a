using AtSync.Client.Local;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.Client.Tests;

/// <summary>Keys of @alice, made once: an RSA pair costs a third of a second.</summary>
internal static class TestKeys
{
    private static readonly Lazy<AtKeysFile> Made = new(Make);

    public static AtSign Alice { get; } = AtSign.Parse("@alice");

    public static AtKeysFile Keys => Made.Value;

    public static KeyRing Ring { get; } = new(Keys);

    private static AtKeysFile Make()
    {
        using var pair = RsaPrivateKey.Generate();
        using var self = SymmetricKey.Create(new SeededRandom(7));
        using var apkam = SymmetricKey.Create(new SeededRandom(8));
        return new AtKeysFile
        {
            AtSign = Alice,
            PkamPublicKey = pair.PublicSpkiBase64,
            PkamPrivateKey = pair.Pkcs8Base64,
            EncryptionPublicKey = pair.PublicSpkiBase64,
            EncryptionPrivateKey = pair.Pkcs8Base64,
            SelfEncryptionKey = self.ToBase64(),
            ApkamSymmetricKey = apkam.ToBase64(),
        };
    }
}
