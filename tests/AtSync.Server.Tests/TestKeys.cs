using AtSync.Crypto.Algorithms;

namespace AtSync.Server.Tests;

/// <summary>RSA pairs for tests: made once, since making one takes a third of a second.</summary>
internal static class TestKeys
{
    public static RsaPrivateKey Device { get; } = RsaPrivateKey.Generate();

    public static RsaPrivateKey OtherDevice { get; } = RsaPrivateKey.Generate();

    /// <summary>The server disposes what it gets, so each one is an import of its own.</summary>
    public static RsaPrivateKey NewSigningKey() => new(Device.Pkcs8Base64);
}
