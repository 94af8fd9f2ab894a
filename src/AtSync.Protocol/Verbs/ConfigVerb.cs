using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>config:block:add|remove|show[:@a @b]</c>, <c>config:set|reset|print:name[=value]</c>.</summary>
public sealed record ConfigVerb : Verb
{
    /// <summary><c>block:add</c>, <c>block:remove</c>, <c>block:show</c>, <c>set</c>, <c>reset</c>, <c>print</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>As typed, with <c>@</c>.</summary>
    public EquatableList<string>? AtSigns { get; init; }

    /// <summary>For set, reset and print.</summary>
    public string? Setting { get; init; }

    /// <inheritdoc/>
    public override string Word => "config";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
