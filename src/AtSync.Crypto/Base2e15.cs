namespace AtSync.Crypto;

/// <summary>Bytes as text, 15 bits per code point: how Dart carries binary values.</summary>
public static class Base2e15
{
    /// <summary>Encodes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => throw new NotImplementedException();

    /// <summary>Decodes; foreign characters are skipped, as Dart does.</summary>
    public static byte[] Decode(ReadOnlySpan<char> text) => throw new NotImplementedException();
}
