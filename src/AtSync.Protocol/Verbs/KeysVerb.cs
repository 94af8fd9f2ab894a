using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>keys:put|get|delete[:visibility][:namespace:…]…[:keyName:…][ value]</c>.</summary>
public sealed record KeysVerb : Verb
{
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
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
