namespace AtSync.Protocol;

/// <summary>What a commit did to its key. The value is the character on the wire.</summary>
public enum CommitOp : byte
{
    /// <summary>Value without metadata; written only by servers of 2024 and before.</summary>
    Update = (byte)'+',

    /// <summary>Metadata only (<c>update:meta</c>).</summary>
    UpdateMeta = (byte)'#',

    /// <summary>Value and metadata; what every <c>update</c> writes.</summary>
    UpdateAll = (byte)'*',

    /// <summary>Deletion.</summary>
    Delete = (byte)'-',
}
