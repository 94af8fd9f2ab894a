using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using AtSync.Client.Local;
using AtSync.Protocol;

namespace AtSync.Client.Files;

/// <summary>
/// Keys of files. Servers see keys and fold their case, so a path is never one: <c>f&lt;26 base32 characters of HMAC-SHA-256(self key, path)&gt;.files</c>
/// for a manifest, <c>c….files</c> of the same shape for a chunk, over the SHA-256 of its content. 26 characters are 130 bits.
/// </summary>
internal sealed class FileNames(ValueCodec codec)
{
    private const int HashChars = 26;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly SearchValues<char> AlphabetChars = SearchValues.Create(Alphabet);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _suffix = $".files@{codec.Owner.Name}";

    /// <summary>The manifest's key.</summary>
    public string Manifest(string path) => Name('f', Encoding.UTF8.GetBytes(path));

    /// <summary>A chunk's key; equal content has equal keys, and only the owner can tell of which content.</summary>
    public string Chunk(ReadOnlySpan<byte> content)
    {
        Span<byte> named = stackalloc byte[6 + SHA256.HashSizeInBytes];
        "chunk:"u8.CopyTo(named);
        SHA256.HashData(content, named[6..]);
        return Name('c', named);
    }

    /// <summary>Where this device remembers that it replaced a chunk; never leaves the device.</summary>
    public static string Marker(string chunkKey) => "local:" + chunkKey;

    /// <summary>The short name of a chunk, as manifests list it.</summary>
    public string Shorten(string chunkKey) => chunkKey[..^_suffix.Length];

    /// <summary>The key behind a short name; null for what is none.</summary>
    public string? Expand(string name) => IsChunk(name + _suffix) ? name + _suffix : null;

    public bool IsManifest(string key) => HasShape(key, 'f');

    public bool IsChunk(string key) => HasShape(key, 'c');

    /// <summary>Whether a key is one of <see cref="Marker"/>, whoever's.</summary>
    public static bool IsMarker(AtKey key) =>
        key.Kind == AtKeyKind.Local && key.Namespace == "files" && key.Entity.Length == 1 + HashChars + ".files".Length && key.Entity[0] == 'c';

    /// <summary>Why a relative path can't be used; null when it can. The same rules hold for writing and for restoring.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0)
        {
            return "a path may not be empty";
        }

        try
        {
            // The replacement character is what the file system's bytes became that are no text: such a name could not be found again.
            if (path.Contains('\0', StringComparison.Ordinal) || path.Contains('\uFFFD', StringComparison.Ordinal))
            {
                return "its name is not valid Unicode";
            }

            if (StrictUtf8.GetByteCount(path) > FileLimits.PathBytesMax)
            {
                return $"its path is longer than {FileLimits.PathBytesMax} bytes";
            }
        }
        catch (EncoderFallbackException)
        {
            return "its name is not valid Unicode";
        }

        foreach (var segment in path.Split('/'))
        {
            if (segment is "" or "." or "..")
            {
                return "a path must be relative, without empty segments, \".\" and \"..\"";
            }

            if (OperatingSystem.IsWindows() && segment.AsSpan().IndexOfAny('\\', ':') >= 0)
            {
                return "its name can't be used on this system";
            }
        }

        return null;
    }

    private string Name(char kind, ReadOnlySpan<byte> named) => string.Concat(kind.ToString(), Base32(codec.Keys.Self.Hmac(named)), _suffix);

    private bool HasShape(string key, char kind) =>
        key.Length == 1 + HashChars + _suffix.Length && key[0] == kind && key.EndsWith(_suffix, StringComparison.Ordinal)
        && key.AsSpan(1, HashChars).IndexOfAnyExcept(AlphabetChars) < 0;

    /// <summary>The first 130 bits, most significant first.</summary>
    private static string Base32(ReadOnlySpan<byte> hash)
    {
        Span<char> text = stackalloc char[HashChars];
        for (var i = 0; i < HashChars; i++)
        {
            var bit = i * 5;
            var pair = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
            text[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }

        return new string(text);
    }
}
