using AtSync.Storage.Local;

namespace AtSync.Client.Local;

/// <summary>
/// Opens and seals records for code that has none of the keys: the reconciler's merge policy, the conflict inbox. Pure apart from the random IV,
/// synchronous, may be called concurrently.
/// </summary>
/// <remarks>
/// The metadata of a local edit may spell a member as the text <c>null</c> (<c>"encoding":"null"</c>). Readers take that as absent; a push
/// sends it as it stands (<c>:encoding:null</c>), because a server keeps every member that an update does not mention.
/// </remarks>
internal interface IRecordCodec
{
    /// <summary>Opens a record; null with the reason, for a person, when it can't be opened with the keys at hand.</summary>
    AtValue? TryOpen(string key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> metadata, out string? problem);

    /// <summary>
    /// Seals a value as an ordinary edit. <paramref name="previousMetadata"/> is that of the version it replaces (empty when there is none): life time
    /// and the like are kept, what no longer applies is cleared.
    /// </summary>
    /// <exception cref="AtException">No keys, or a value that can't be sealed for this key.</exception>
    LocalChange Seal(string key, AtValue value, ReadOnlyMemory<byte> previousMetadata, long editTimeMs);
}
