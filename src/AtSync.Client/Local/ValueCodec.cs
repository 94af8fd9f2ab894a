using System.Buffers;
using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Local;

/// <summary>
/// The edge between an app's values and sealed records; private plaintext exists only above it.
/// <list type="bullet">
/// <item>Self: AES-256-CTR with PKCS#7 under the self key, base64, always a fresh random IV (<c>ivNonce</c>), <c>isEncrypted:true</c>.</item>
/// <item>Public: in clear, signed with the default private key (<c>dataSignature</c>, over the text before any encoding); base64 with
/// <c>encoding:base64</c> when the text would not survive a command line.</item>
/// <item>Bytes: Base2e15 text with <c>isBinary:true</c>, then as above.</item>
/// </list>
/// </summary>
/// <remarks>The IV is drawn anew for every sealing and never taken from a caller: a repeated one would give away the XOR of two values.</remarks>
/// <param name="owner">Whose records.</param>
/// <param name="keys">Null: nothing is sealed or opened.</param>
/// <param name="random">IVs.</param>
/// <param name="stamp">What is written into <c>appMetadata</c> (<see cref="DeviceStamp"/>), or null.</param>
internal sealed class ValueCodec(AtSign owner, KeyRing? keys, IRandomSource random, string? stamp = null) : IRecordCodec
{
    /// <summary>The most bytes of a value as stored: what atServers accept.</summary>
    public const int SealedBytesMax = 5 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whose records.</summary>
    public AtSign Owner => owner;

    /// <summary>The keys, or a refusal when the client was opened without.</summary>
    public KeyRing Keys => keys ?? throw new AtException(AtFault.Keys,
        $"The store of {owner} was opened without keys: listing and deleting work, reading and writing values do not. Open it with the key file.");

    /// <inheritdoc/>
    public AtValue? TryOpen(string key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> metadata, out string? problem)
    {
        if (!AtKey.TryParse(key, out var parsed, out problem))
        {
            return null;
        }

        try
        {
            var opened = Open(parsed, value.Span, ReadMetadata(metadata.Span));
            problem = null;
            return opened;
        }
        catch (AtException e)
        {
            problem = e.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    public LocalChange Seal(string key, AtValue value, ReadOnlyMemory<byte> previousMetadata, long editTimeMs) =>
        AtKey.TryParse(key, out var parsed, out var problem)
            ? Seal(parsed, value, options: null, previousMetadata.Span, editTimeMs)
            : throw new AtException(AtFault.InvalidArgument, $"\"{KeyRules.Shorten(key)}\" is no key: {problem}");

    /// <summary>Seals a value for a key that <see cref="KeyRules.CheckWritable"/> let pass.</summary>
    /// <param name="key">Where it goes.</param>
    /// <param name="value">What to seal.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="previousMetadata">Metadata of the live record it replaces, JSON; empty when there is none.</param>
    /// <param name="nowMs">The time of the edit by the corrected clock.</param>
    public LocalChange Seal(AtKey key, AtValue value, PutOptions? options, ReadOnlySpan<byte> previousMetadata, long nowMs)
    {
        if (options is null && stamp is null && (previousMetadata.IsEmpty || IsSimple(previousMetadata)) && !value.IsBinary && key.Kind != AtKeyKind.Public)
        {
            Span<byte> iv = stackalloc byte[SymmetricKey.IvBytes];
            random.Fill(iv);
            return Change(key, SealSelf(key, value.Text!, iv), SimpleMetadata(iv), default, nowMs);
        }

        var parts = SealParts(key, value, options, previousMetadata, nowMs);
        return Change(key, parts.Wire, WriteMetadata(parts.Metadata), parts.Life, nowMs);
    }

    /// <summary>As <see cref="Seal(AtKey, AtValue, PutOptions?, ReadOnlySpan{byte}, long)"/>, in parts.</summary>
    public SealedParts SealParts(AtKey key, AtValue value, PutOptions? options, ReadOnlySpan<byte> previousMetadata, long nowMs)
    {
        if (value.IsBinary && value.Bytes.Length > SealedBytesMax)
        {
            throw TooLong(key, value.Bytes.Length);
        }

        var text = value.IsBinary ? Base2e15.Encode(value.Bytes.Span) : value.Text!;
        byte[] wire;
        AtMetadata metadata;
        if (key.Kind == AtKeyKind.Public)
        {
            (wire, metadata) = Publish(key, value, text);
        }
        else
        {
            Span<byte> iv = stackalloc byte[SymmetricKey.IvBytes];
            random.Fill(iv);
            wire = SealSelf(key, text, iv);
            metadata = new AtMetadata { IsEncrypted = true, IvNonce = Convert.ToBase64String(iv) };
        }

        metadata = value.IsBinary ? metadata with { IsBinary = true } : metadata;
        return Complete(wire, metadata, options, previousMetadata, nowMs);
    }

    /// <summary>Seals raw bytes under the self key, marked as ours (<see cref="SchemeCheck.RawBytes"/>).</summary>
    public LocalChange SealRaw(AtKey key, ReadOnlySpan<byte> bytes, long nowMs)
    {
        Span<byte> iv = stackalloc byte[SymmetricKey.IvBytes];
        random.Fill(iv);
        var wire = Keys.Self.SealToBase64(bytes, iv);
        var metadata = new AtMetadata { IsEncrypted = true, EncAlgo = SchemeCheck.RawBytes, IvNonce = Convert.ToBase64String(iv) };
        return Change(key, wire, WriteMetadata(metadata), default, nowMs);
    }

    /// <summary>Opens a record, in any form that an SDK wrote since 2024.</summary>
    /// <exception cref="AtException"><see cref="AtFault.CannotOpen"/>; <see cref="AtFault.Keys"/> without keys.</exception>
    public AtValue Open(AtKey key, ReadOnlySpan<byte> value, AtMetadata metadata)
    {
        if (SchemeCheck.Problem(metadata) is { } problem)
        {
            throw CannotOpen(key, problem);
        }

        if (key.Full.StartsWith("public:", StringComparison.Ordinal) || key.Kind == AtKeyKind.CachedPublic)
        {
            return Finish(key, Encoding.UTF8.GetString(value), metadata, isSealed: false);
        }

        if (key.Kind is not (AtKeyKind.Self or AtKeyKind.Local))
        {
            throw CannotOpen(key, key.Kind is AtKeyKind.Shared or AtKeyKind.CachedShared
                ? "it is shared between two atSigns and sealed with their shared key, which is not at hand"
                : "it is a system record");
        }

        if (value.IsEmpty)
        {
            return Finish(key, "", metadata, isSealed: true);
        }

        if (metadata.EncAlgo == SchemeCheck.RawBytes)
        {
            return AtValue.OfBytes(Decrypt(key, value, metadata)) with { Metadata = metadata };
        }

        return metadata.IsEncrypted == true
            ? Finish(key, Text(key, Decrypt(key, value, metadata)), metadata, isSealed: true)
            : OpenUnmarked(key, value, metadata);
    }

    /// <summary>A record's metadata; empty when it can't be read.</summary>
    public static AtMetadata ReadMetadata(ReadOnlySpan<byte> json) =>
        !json.IsEmpty && AtMetadataJson.TryRead(json, out var metadata, out _) ? metadata : AtMetadata.Empty;

    /// <summary>Metadata as the local store keeps it: all strings, as sync entries spell it.</summary>
    public static byte[] WriteMetadata(AtMetadata metadata)
    {
        var output = new ArrayBufferWriter<byte>(256);
        AtMetadataJson.WriteStrings(metadata, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Bytes of a sealed value of <paramref name="plainBytes"/> bytes: padded to 16, then base64.</summary>
    public static long SealedLength(long plainBytes) => ((plainBytes / 16 * 16) + 16 + 2) / 3 * 4;

    /// <summary>
    /// Old writers sealed without saying so, and servers turn a missing mark into false: try, and take what does not open as the text it is.
    /// </summary>
    private AtValue OpenUnmarked(AtKey key, ReadOnlySpan<byte> value, AtMetadata metadata)
    {
        if (keys is not null && value.Length % 4 == 0 && System.Buffers.Text.Base64.IsValid(value, out var length) && length % 16 == 0)
        {
            try
            {
                return Finish(key, Text(key, Decrypt(key, value, metadata)), metadata, isSealed: true);
            }
            catch (AtException)
            {
                // Not sealed after all.
            }
        }

        return Finish(key, Encoding.UTF8.GetString(value), metadata, isSealed: false);
    }

    private byte[] SealSelf(AtKey key, string text, ReadOnlySpan<byte> iv)
    {
        var count = StrictLength(key, text);
        var sealedLength = SealedLength(count);
        if (sealedLength > SealedBytesMax)
        {
            throw TooLong(key, sealedLength);
        }

        var rented = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            var written = StrictUtf8.GetBytes(text, rented);
            return Keys.Self.SealToBase64(rented.AsSpan(0, written), iv);
        }
        finally
        {
            // Plaintext does not linger in a shared pool.
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    private (byte[] Wire, AtMetadata Metadata) Publish(AtKey key, AtValue value, string text)
    {
        if (text.Length == 0)
        {
            throw new AtException(AtFault.InvalidArgument,
                $"\"{KeyRules.Shorten(key.Full)}\" can't be empty: public values travel in clear and the protocol has no way to write an empty one. "
                + "Write a value, or delete the key.");
        }

        StrictLength(key, text);
        var bytes = StrictUtf8.GetBytes(text);
        var signature = Convert.ToBase64String(Keys.EncryptionPair.Sign(bytes, System.Security.Cryptography.HashAlgorithmName.SHA256));
        var isEncoded = !value.IsBinary && NeedsEncoding(text);
        var wire = isEncoded ? Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)) : bytes;
        if (wire.Length > SealedBytesMax)
        {
            throw TooLong(key, wire.Length);
        }

        return (wire, new AtMetadata { IsEncrypted = false, DataSignature = signature, Encoding = isEncoded ? "base64" : null });
    }

    /// <summary>A command is one line, and peers trim its ends.</summary>
    private static bool NeedsEncoding(string text) =>
        text.AsSpan().IndexOfAny('\n', '\r') >= 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]);

    /// <summary>Adds what the record keeps from its predecessor, and clears what no longer applies.</summary>
    private SealedParts Complete(byte[] wire, AtMetadata metadata, PutOptions? options, ReadOnlySpan<byte> previousJson, long nowMs)
    {
        var previous = ReadMetadata(previousJson);
        metadata = metadata with
        {
            Ttr = previous.Ttr,
            Ccd = previous.Ccd,
            CreatedAt = previous.CreatedAt,
            CreatedBy = previous.CreatedBy,
            SharedKeyStatus = previous.SharedKeyStatus,
            Immutable = options?.IsImmutable == true ? true : previous.Immutable,
            AppMetadata = stamp ?? (previous.AppMetadata is null ? null : SchemeCheck.LegacyStamp),
            Unknown = previous.Unknown,
        };
        var life = LifeTime.Of(options, LifeTime.Of(previous), nowMs);
        return new SealedParts(wire, ClearableMember.Clear(life.ApplyTo(metadata), ClearableMember.Of(previousJson)), life);
    }

    private static LocalChange Change(AtKey key, byte[] wire, byte[] metadata, LifeTime life, long nowMs) => new()
    {
        Key = key.Full,
        Op = CommitOp.UpdateAll,
        Value = wire,
        Metadata = metadata,
        EditTimeMs = nowMs,
        AvailableAtMs = life.AvailableAtMs,
        ExpiresAtMs = life.ExpiresAtMs,
        IsPushed = KeyRules.IsPushed(key),
    };

    /// <summary>The common case by hand: nine of ten records have these two members and no others.</summary>
    private static byte[] SimpleMetadata(ReadOnlySpan<byte> iv)
    {
        var json = new byte[SimpleHead.Length + 24 + SimpleTail.Length];
        SimpleHead.CopyTo(json);
        System.Buffers.Text.Base64.EncodeToUtf8(iv, json.AsSpan(SimpleHead.Length), out _, out var written);
        SimpleTail.CopyTo(json.AsSpan(SimpleHead.Length + written));
        return json;
    }

    /// <summary>Whether metadata are just those two members: then there is nothing in them to keep or to clear.</summary>
    private static bool IsSimple(ReadOnlySpan<byte> json) =>
        json.Length == SimpleHead.Length + 24 + SimpleTail.Length && json.StartsWith(SimpleHead) && json.EndsWith(SimpleTail);

    private static ReadOnlySpan<byte> SimpleHead => "{\"isEncrypted\":\"true\",\"ivNonce\":\""u8;

    private static ReadOnlySpan<byte> SimpleTail => "\"}"u8;

    private static AtValue Finish(AtKey key, string text, AtMetadata metadata, bool isSealed)
    {
        if (!isSealed && metadata.Encoding is not null && TryDecode(text) is { } decoded)
        {
            text = decoded;
        }

        return (metadata.IsBinary == true ? AtValue.OfBytes(Bytes(key, text)) : AtValue.OfText(text)) with { Metadata = metadata };
    }

    /// <summary>A stale <c>encoding</c> must not hide a text that is not base64: null then.</summary>
    private static string? TryDecode(string text)
    {
        try
        {
            return StrictUtf8.GetString(Convert.FromBase64String(text));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            return null;
        }
    }

    private static byte[] Bytes(AtKey key, string text)
    {
        try
        {
            return Base2e15.Decode(text);
        }
        catch (CryptoException e)
        {
            throw CannotOpen(key, e.Message, e);
        }
    }

    private static string Text(AtKey key, byte[] plain)
    {
        try
        {
            return StrictUtf8.GetString(plain);
        }
        catch (DecoderFallbackException e)
        {
            throw CannotOpen(key, "it was sealed with another key, or is damaged", e);
        }
    }

    private byte[] Decrypt(AtKey key, ReadOnlySpan<byte> value, AtMetadata metadata)
    {
        // Writers of 2024 and before used a zero IV and said nothing.
        Span<byte> iv = stackalloc byte[SymmetricKey.IvBytes];
        iv.Clear();
        if (metadata.IvNonce is { } nonce
            && (!Convert.TryFromBase64String(nonce, iv, out var length) || length != SymmetricKey.IvBytes))
        {
            throw CannotOpen(key, "its ivNonce is not base64 of 16 bytes");
        }

        try
        {
            return Keys.Self.OpenFromBase64(value, iv);
        }
        catch (CryptoException e)
        {
            throw CannotOpen(key, "it was sealed with another key, or is damaged", e);
        }
    }

    private static int StrictLength(AtKey key, string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new AtException(AtFault.InvalidArgument,
                $"The text for \"{KeyRules.Shorten(key.Full)}\" is not valid Unicode (half a surrogate pair). Store it as bytes.", inner: e);
        }
    }

    private static AtException TooLong(AtKey key, long length) => new(AtFault.InvalidArgument,
        $"The value for \"{KeyRules.Shorten(key.Full)}\" would be {length} bytes as stored; the most is {SealedBytesMax} (5 MB). Store it as a file: files are cut into chunks.");

    private static AtException CannotOpen(AtKey key, string reason, Exception? inner = null) =>
        new(AtFault.CannotOpen, $"\"{KeyRules.Shorten(key.Full)}\" can't be opened: {reason}.", inner: inner);
}

/// <summary>A sealed value with its metadata and life time, not yet spelled for anybody.</summary>
internal readonly record struct SealedParts(byte[] Wire, AtMetadata Metadata, LifeTime Life);
