using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// One command of the protocol, parsed. A closed family: one sealed record per verb, each in a file of its own that holds the syntax,
/// the parser and the writer, so that server and client cannot drift. Null means "absent on the wire". String members are as typed (not
/// folded, not normalised): folding keys and normalising atSigns is the reader's business, because the error codes show that order.
/// </summary>
public abstract record Verb
{
    private protected Verb()
    {
    }

    /// <summary>The verb's word on the wire, for logs and dispatch (<c>update:meta</c>, <c>sync:from</c>).</summary>
    public abstract string Word { get; }

    /// <summary>Writes the command in canonical form, without the newline that ends a line.</summary>
    public abstract void WriteTo(IBufferWriter<byte> output);
}

/// <summary>What a lookup asks for.</summary>
public enum LookupOperation : byte
{
    /// <summary>The value only.</summary>
    Value,

    /// <summary><c>meta</c>: the metadata JSON.</summary>
    Meta,

    /// <summary><c>all</c>: key, data and metaData.</summary>
    All,
}
