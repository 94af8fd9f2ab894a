namespace AtSync.Protocol.Verbs;

/// <summary>Reads the items of a <see cref="BatchVerb"/> one after the other without building a document.</summary>
public ref struct BatchReader
{
    /// <summary>Starts before the first item.</summary>
    public BatchReader(ReadOnlyMemory<byte> json) => throw new NotImplementedException();

    /// <summary>The item that <see cref="TryRead"/> found.</summary>
    public readonly BatchItem Current => throw new NotImplementedException();

    /// <summary>What is wrong with the JSON, once <see cref="TryRead"/> returned false; null at an ordinary end.</summary>
    public readonly AtError? Error => throw new NotImplementedException();

    /// <summary>Moves to the next item; false at the end or at malformed JSON.</summary>
    public bool TryRead() => throw new NotImplementedException();
}

/// <summary>One command of a batch.</summary>
/// <param name="Id">Chosen by the client, returned with the response.</param>
/// <param name="Command">The command, UTF-8, JSON escapes resolved; a slice of the batch where it holds none.</param>
/// <param name="IfCommit">
/// Our extension <c>atsync.ifCommit</c>: apply only when the key's latest commit id is this (0 or -1 = the key has no commit); null = unconditional.
/// </param>
public readonly record struct BatchItem(long Id, ReadOnlyMemory<byte> Command, long? IfCommit);

/// <summary>Writes a <c>batch</c> command piece by piece, for a push that seals and writes as it goes.</summary>
public sealed class BatchWriter
{
    /// <summary>Writes into <paramref name="output"/>, beginning with <c>batch:[</c>.</summary>
    public BatchWriter(System.Buffers.IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten => throw new NotImplementedException();

    /// <summary>Adds a command. <paramref name="ifCommit"/> only for a peer that lists <c>atsync.ifCommit</c>.</summary>
    public void Add(long id, Verb command, long? ifCommit = null) => throw new NotImplementedException();

    /// <summary>Writes <c>]</c>. Nothing may be added after it.</summary>
    public void Complete() => throw new NotImplementedException();
}
