namespace AtSync.Crypto.Algorithms;

/// <summary>PKCS#7 padding to 16 bytes: n bytes of value n, 1 to 16 of them. The protocol pads although counter mode needs none.</summary>
internal static class Pkcs7
{
    private const int BlockBytes = 16;

    /// <summary>16·(⌊n/16⌋+1).</summary>
    public static int PaddedLength(int length) => checked((length / BlockBytes + 1) * BlockBytes);

    public static bool IsPaddedLength(int length) => length > 0 && length % BlockBytes == 0;

    /// <summary>Fills <paramref name="buffer"/>, which has the padded length, from <paramref name="length"/> on.</summary>
    public static void Pad(Span<byte> buffer, int length) => buffer[length..].Fill((byte)(buffer.Length - length));

    /// <summary>Checks every padding byte, in the same time whichever is wrong.</summary>
    public static bool TryGetLength(ReadOnlySpan<byte> padded, out int length)
    {
        var pad = padded[^1];
        var wrong = pad is 0 or > BlockBytes ? 1 : 0;
        for (var i = 0; i < BlockBytes; i++)
        {
            wrong |= i < pad ? padded[^(i + 1)] ^ pad : 0;
        }

        length = wrong == 0 ? padded.Length - pad : 0;
        return wrong == 0;
    }
}
