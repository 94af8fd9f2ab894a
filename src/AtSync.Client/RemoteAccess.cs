using System.Globalization;
using System.Text;
using System.Text.Json;
using AtSync.Client.Local;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;

namespace AtSync.Client;

/// <summary>Reads and writes straight at the remote secondary, the local one untouched. The caller's own records, and other atSigns' public ones.</summary>
internal sealed class RemoteAccess(RemoteSecondary remote, ValueCodec codec, Func<long> nowMs)
{
    /// <summary>The opened value; null when absent, expired or not yet born.</summary>
    public async ValueTask<AtValue?> GetAsync(AtKey key, CancellationToken cancellationToken)
    {
        var place = Place.Of(key);
        Verb command = key.Owner == codec.Owner
            ? new LlookupVerb { Operation = LookupOperation.All, IsPublic = place.IsPublic, SharedWith = place.SharedWith, Key = place.Entity, Owner = place.Owner }
            : new PlookupVerb { Operation = LookupOperation.All, Key = place.Entity, Owner = place.Owner };
        if (await AskAsync(command, cancellationToken) is not { } payload || ReadAnswer(payload) is not { } answer)
        {
            return null;
        }

        var now = DateTimeOffset.FromUnixTimeMilliseconds(nowMs());
        return answer.Metadata.ExpiresAt <= now || answer.Metadata.AvailableAt > now ? null : codec.Open(key, answer.Value, answer.Metadata);
    }

    /// <summary>Writes or deletes; returns the commit id, -1 when the server made none.</summary>
    public async ValueTask<long> WriteAsync(AtWrite write, CancellationToken cancellationToken)
    {
        var key = KeyRules.Parse(write.Key, codec.Owner);
        if (write.Value is { } value)
        {
            KeyRules.CheckWritable(key, codec.Owner);
        }
        else
        {
            KeyRules.CheckDeletable(key, codec.Owner);
            value = null;
        }

        var place = Place.Of(key);
        if (value is null)
        {
            return ReadCommitId(await SendAsync(
                new DeleteVerb { IsPublic = place.IsPublic, SharedWith = place.SharedWith, Key = place.Entity, Owner = place.Owner }, cancellationToken));
        }

        // Asked first, so that members which no longer apply can be cleared: the server keeps what is not mentioned.
        var previous = await AskAsync(
            new LlookupVerb { Operation = LookupOperation.Meta, IsPublic = place.IsPublic, SharedWith = place.SharedWith, Key = place.Entity, Owner = place.Owner },
            cancellationToken);
        var parts = codec.SealParts(key, value, write.Options, previous is { } json ? json.Span : default, nowMs());
        var metadata = parts.Metadata with
        {
            // Relative times only: every server takes them, and what was not asked for stays as the server has it.
            Ttl = write.Options is { TimeToLive: not null } or { ExpiresAt: not null } ? parts.Life.TtlMs : null,
            Ttb = write.Options is { TimeToBirth: not null } or { AvailableAt: not null } ? parts.Life.TtbMs : null,
            ExpiresAt = null,
            AvailableAt = null,
            CreatedAt = null,
            UpdatedAt = null,
        };
        return ReadCommitId(await SendAsync(
            new UpdateVerb
            {
                Metadata = metadata, IsPublic = place.IsPublic, SharedWith = place.SharedWith, Key = place.Entity, Owner = place.Owner, Value = parts.Wire,
            },
            cancellationToken));
    }

    /// <summary>Keys of the remote secondary that match.</summary>
    public async ValueTask<IReadOnlyList<string>> ScanAsync(string? regex, CancellationToken cancellationToken)
    {
        if (regex?.AsSpan().IndexOfAny('\n', '\r') >= 0)
        {
            throw new AtException(AtFault.InvalidArgument, "The pattern holds a line break; keys never do.");
        }

        // A pattern on the wire ends at a space.
        var payload = await SendAsync(new ScanVerb { Regex = regex?.Replace(" ", "\\x20", StringComparison.Ordinal) }, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(payload);
            return [.. document.RootElement.EnumerateArray().Select(element => element.GetString()!)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NotTheProtocol("scan", e);
        }
    }

    private static (byte[] Value, AtMetadata Metadata)? ReadAnswer(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("data", out var data) || data.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            var metadata = root.TryGetProperty("metaData", out var json) && json.ValueKind == JsonValueKind.Object
                ? ValueCodec.ReadMetadata(Encoding.UTF8.GetBytes(json.GetRawText()))
                : AtMetadata.Empty;
            return (Encoding.UTF8.GetBytes(data.GetString()!), metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NotTheProtocol("lookup", e);
        }
    }

    private static long ReadCommitId(ReadOnlyMemory<byte> payload) =>
        long.TryParse(payload.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var commitId) ? commitId : -1;

    private static AtException NotTheProtocol(string verb, Exception inner) =>
        new(AtFault.Network, $"The atServer's answer to {verb} is not what the protocol says. Is it an atServer?", inner: inner);

    /// <summary>The payload, or null where there is no such key.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> AskAsync(Verb command, CancellationToken cancellationToken)
    {
        try
        {
            var payload = await SendAsync(command, cancellationToken);
            return payload.Span.SequenceEqual("null"u8) ? null : payload;
        }
        catch (AtException e) when (e.Code == AtErrorCodes.KeyNotFound)
        {
            return null;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> SendAsync(Verb command, CancellationToken cancellationToken)
    {
        var connection = await remote.GetConnectionAsync(cancellationToken);
        return await connection.SendAsync(command, cancellationToken);
    }

    /// <summary>A key as the verbs spell it.</summary>
    private readonly record struct Place(bool IsPublic, string? SharedWith, string Entity, string Owner)
    {
        public static Place Of(AtKey key)
        {
            if (key.Owner is not { } owner || key.IsCached || key.Kind is AtKeyKind.Local or AtKeyKind.Private or AtKeyKind.Invalid)
            {
                throw new AtException(AtFault.InvalidArgument, $"\"{KeyRules.Shorten(key.Full)}\" is no key of the remote secondary.");
            }

            return new Place(key.Full.StartsWith("public:", StringComparison.Ordinal), key.SharedWith?.Name, key.Entity, owner.Name);
        }
    }
}
