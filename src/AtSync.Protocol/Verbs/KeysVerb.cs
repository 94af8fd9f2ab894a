using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>keys:put|get|delete[:visibility][:namespace:…]…[:keyName:…][ value]</c>.</summary>
/// <remarks>
/// <code>
/// C: keys:put:public:namespace:__global:appName:wavi:deviceName:phone:keyType:rsa2048:keyName:encryptionPublicKey MIIB…
/// S: data:-1
/// </code>
/// The order is fixed; from the first part out of order on, all is the value.
/// </remarks>
public sealed record KeysVerb : Verb
{
    internal const string Usage = "e.g. keys:put:public:keyName:encryptionPublicKey:namespace:__global:keyType:rsa2048:<public_key>";

    /// <summary><c>put</c>, <c>get</c>, <c>delete</c>.</summary>
    public required string Operation { get; init; }

    /// <summary><c>public</c>, <c>private</c>, <c>self</c>.</summary>
    public string? Visibility { get; init; }

    /// <summary>As typed.</summary>
    public string? Namespace { get; init; }

    /// <summary>As typed.</summary>
    public string? AppName { get; init; }

    /// <summary>As typed.</summary>
    public string? DeviceName { get; init; }

    /// <summary>As typed.</summary>
    public string? KeyType { get; init; }

    /// <summary>As typed.</summary>
    public string? EncryptionKeyName { get; init; }

    /// <summary>As typed.</summary>
    public string? KeyName { get; init; }

    /// <summary>After the space.</summary>
    public string? Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "keys";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("keys:"u8);
        writer.Token(Operation);
        Part(ref writer, ""u8, Visibility);
        Part(ref writer, "namespace:"u8, Namespace);
        Part(ref writer, "appName:"u8, AppName);
        Part(ref writer, "deviceName:"u8, DeviceName);
        Part(ref writer, "keyType:"u8, KeyType);
        Part(ref writer, "encryptionKeyName:"u8, EncryptionKeyName);
        Part(ref writer, "keyName:"u8, KeyName);
        if (Value is not null)
        {
            writer.Byte((byte)(KeyName is null ? ':' : ' '));
            writer.Text(Value);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("keys:"u8) || !CharClass.IsOneLine(reader.Rest) || !reader.TryTakeOneOf(Operations, out var operation))
        {
            return null;
        }

        reader.TryTake(":"u8);
        _ = reader.TryTakeOneOf(Visibilities, out var visibility) && reader.TryTake(":"u8);
        var ns = Part(ref reader, "namespace:"u8, hasHyphens: false);
        var appName = Part(ref reader, "appName:"u8, hasHyphens: false);
        var deviceName = Part(ref reader, "deviceName:"u8, hasHyphens: false);
        var keyType = Part(ref reader, "keyType:"u8, hasHyphens: true);
        var encryptionKeyName = Part(ref reader, "encryptionKeyName:"u8, hasHyphens: true);
        string? keyName = null;
        var start = reader.Position;
        if (reader.TryTake("keyName:"u8) && CharClass.NotSpace(reader.Rest) is > 0 and var length)
        {
            keyName = reader.Text(length);
            reader.TryTake(" "u8);
        }
        else
        {
            reader.Position = start;
        }

        return new KeysVerb
        {
            Operation = operation,
            Visibility = visibility,
            Namespace = ns,
            AppName = appName,
            DeviceName = deviceName,
            KeyType = keyType,
            EncryptionKeyName = encryptionKeyName,
            KeyName = keyName,
            Value = reader.IsAtEnd ? null : reader.Text(reader.Rest.Length),
        };
    }

    private static readonly string[] Operations = ["put", "get", "delete"];
    private static readonly string[] Visibilities = ["public", "private", "self"];

    private static string? Part(ref VerbReader reader, ReadOnlySpan<byte> tag, bool hasHyphens)
    {
        var start = reader.Position;
        if (reader.TryTake(tag) && (hasHyphens ? CharClass.WordsAndHyphens(reader.Rest) : CharClass.Words(reader.Rest)) is > 0 and var length)
        {
            var part = reader.Text(length);
            reader.TryTake(":"u8);
            return part;
        }

        reader.Position = start;
        return null;
    }

    private static void Part(ref VerbWriter writer, ReadOnlySpan<byte> tag, string? value)
    {
        if (value is not null)
        {
            writer.Byte((byte)':');
            writer.Literal(tag);
            writer.Text(value);
        }
    }
}
