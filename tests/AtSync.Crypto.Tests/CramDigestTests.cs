namespace AtSync.Crypto.Tests;

public sealed class CramDigestTests
{
    private const string Secret = "b26455a907582760ebf35bc4847de549bc41c24b25c8b1c58d5964f7b4f8a43bc55b0e9a601c9a9657d9a8b8bbc32f88b4e38ffaca03c8710ebae1b14ca9f364";
    private const string Challenge = "_4a160d33-0c63-4800-bee0-ee254752f8c8@alice:6c987cc1-0dde-4ba1-af56-a9677086182";
    private const string Digest = "3274ca2a7a7e479900351258c6175d237d431588bf8fa33d2c281dc483dcee25b42fefa1a906a0b70e402819ac505a505c1fc2c6113a5a119f359b3f5dff48c0";

    [Fact]
    public void The_digest_is_the_hash_of_secret_and_challenge() => Assert.Equal(Digest, CramDigest.Compute(Secret, Challenge));

    [Fact]
    public void Only_the_exact_digest_matches()
    {
        Assert.True(CramDigest.Matches(Secret, Challenge, Digest));
        Assert.False(CramDigest.Matches(Secret, Challenge, Digest.ToUpperInvariant()));
        Assert.False(CramDigest.Matches(Secret, Challenge, Digest[..^1]));
        Assert.False(CramDigest.Matches(Secret, Challenge, ""));
        Assert.False(CramDigest.Matches(Secret + "x", Challenge, Digest));
        Assert.False(CramDigest.Matches(Secret, Challenge + "x", Digest));
    }
}
