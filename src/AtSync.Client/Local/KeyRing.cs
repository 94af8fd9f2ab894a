using System.Diagnostics.CodeAnalysis;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>The keys a client seals and opens with, imported once from the key file. May be used concurrently.</summary>
internal sealed class KeyRing : IDisposable
{
    private readonly Lazy<RsaPrivateKey> _encryptionPair;

    public KeyRing(AtKeysFile keys)
    {
        Self = SymmetricKey.FromBase64(keys.SelfEncryptionKey);
        // Imported when first needed: most programs never sign public data.
        _encryptionPair = new Lazy<RsaPrivateKey>(() => new RsaPrivateKey(keys.EncryptionPrivateKey));
    }

    /// <summary>The self key: seals what only the owner reads.</summary>
    public SymmetricKey Self { get; }

    /// <summary>The default encryption pair; its private half signs public data.</summary>
    public RsaPrivateKey EncryptionPair => _encryptionPair.Value;

    /// <summary>Tells key rings apart without revealing anything of the keys: kept with the store, so that two identities are never mixed in one.</summary>
    public string Fingerprint => Convert.ToHexStringLower(Self.Hmac("atsync.store"u8).AsSpan(0, 16));

    /// <summary>The keys of a file, checked against the atSign they are to be used for.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Keys"/>.</exception>
    [return: NotNullIfNotNull(nameof(keys))]
    public static KeyRing? Open(AtKeysFile? keys, AtSign owner)
    {
        if (keys is null)
        {
            return null;
        }

        if (keys.AtSign is { } named && named != owner)
        {
            throw new AtException(AtFault.Keys, $"The key file is for {named}, not for {owner}. Name the key file of {owner}.");
        }

        try
        {
            return new KeyRing(keys);
        }
        catch (CryptoException e)
        {
            throw new AtException(AtFault.Keys, $"The key file of {owner} holds no usable self key: {e.Message} Take a copy of the file that is whole.", inner: e);
        }
    }

    public void Dispose()
    {
        Self.Dispose();
        if (_encryptionPair.IsValueCreated)
        {
            _encryptionPair.Value.Dispose();
        }
    }
}
