using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AtSync.Crypto.Tests;

/// <summary>A vector made by another SDK, with the expected outcome inside the file. All keys in them are published test keys.</summary>
internal sealed class Vector
{
    private readonly JsonElement _root;

    private Vector(JsonElement root) => _root = root;

    public string this[string name] => _root.GetProperty(name).GetString()!;

    public static Vector Load(string file)
    {
        using var document = JsonDocument.Parse(Bytes(file));
        return new Vector(document.RootElement.Clone());
    }

    public static byte[] Bytes(string file) => File.ReadAllBytes(PathOf(file));

    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Vectors", file);

    public string Sha256(string name) => _root.GetProperty("sha256").GetProperty(name).GetString()!;

    public int Number(string name) => _root.GetProperty(name).GetInt32();

    public static string Sha256Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static string Sha256Hex(string text) => Sha256Hex(Encoding.UTF8.GetBytes(text));
}
