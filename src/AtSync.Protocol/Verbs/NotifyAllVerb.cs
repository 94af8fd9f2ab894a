using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:all:[update:|delete:][messageType:…:][ttl:n:][ttb:n:][ttr:n:][ccd:b:]@a,@b:key[@from][:value]</c>.</summary>
public sealed record NotifyAllVerb : Verb
{
    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public string? Operation { get; init; }

    /// <summary><c>key</c> or <c>text</c>.</summary>
    public string? MessageType { get; init; }

    /// <summary>ms</summary>
    public long? Ttl { get; init; }

    /// <summary>ms</summary>
    public long? Ttb { get; init; }

    /// <summary>s</summary>
    public long? Ttr { get; init; }

    /// <summary>cascade delete</summary>
    public bool? Ccd { get; init; }

    /// <summary>As typed.</summary>
    public required EquatableList<string> To { get; init; }

    /// <summary>As typed.</summary>
    public required string Key { get; init; }

    /// <summary>Without <c>@</c>.</summary>
    public string? From { get; init; }

    /// <summary>A slice of the line.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:all";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
