using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol.Verbs;

/// <summary>The document of <c>update:json</c>.</summary>
public sealed record UpdateJsonDocument
{
    /// <summary>As typed.</summary>
    public required string AtKey { get; init; }

    /// <summary>Non-empty, single line.</summary>
    public required string Value { get; init; }

    /// <summary>As typed.</summary>
    public string? SharedBy { get; init; }

    /// <summary>As typed.</summary>
    public string? SharedWith { get; init; }

    /// <summary><c>metadata.isPublic</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The rest of the metadata.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary>Reads and checks the document by the 2026 rules; what is wrong is <c>AT0003</c>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out UpdateJsonDocument? document, [NotNullWhen(false)] out AtError? error) =>
        throw new NotImplementedException();
}
