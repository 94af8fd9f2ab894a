using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>scan[:cl][:showhidden:true|false][:@bob][:page:n][ regex]</c>.</summary>
public sealed record ScanVerb : Verb
{
    /// <summary><c>:cl</c>: the commit log instead of the keys.</summary>
    public bool CommitLog { get; init; }

    /// <summary><c>showhidden</c>.</summary>
    public bool? ShowHidden { get; init; }

    /// <summary>As typed, with <c>@</c>.</summary>
    public string? ForAtSign { get; init; }

    /// <summary>Accepted and ignored.</summary>
    public long? Page { get; init; }

    /// <summary>No spaces.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "scan";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
