using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:status:id</c>.</summary>
public sealed record NotifyStatusVerb : Verb
{
    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:status";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
