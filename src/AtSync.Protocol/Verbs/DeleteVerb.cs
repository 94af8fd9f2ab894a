using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>delete[:dAt:…][:nc][:force][:priority:…][:cached][:public|:@bob]:key[@owner]</c>.</summary>
/// <remarks>
/// <code>
/// C: delete:dAt:2026-05-01T10:00:00.000Z:@bob:phone.wavi@alice
/// S: data:44
/// </code>
/// <c>nc</c>, <c>force</c>, <c>cached</c> and <c>public</c> are parts only when a key follows; otherwise they are the key.
/// </remarks>
public sealed record DeleteVerb : Verb
{
    internal const string Usage = "syntax delete:@<atkey> \n e.g delete:phone@alice";

    /// <summary><c>dAt</c>: when the deletion was made, UTC.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary><c>:nc</c>.</summary>
    public bool NoCommit { get; init; }

    /// <summary><c>:force</c>.</summary>
    public bool Force { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>.</summary>
    public string? Priority { get; init; }

    /// <summary><c>:cached</c>.</summary>
    public bool IsCached { get; init; }

    /// <summary><c>:public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? SharedWith { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public string? Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "delete";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("delete"u8);
        if (DeletedAt is { } time)
        {
            writer.Literal(":dAt:"u8);
            writer.Time(time);
        }

        writer.Literal(NoCommit ? ":nc"u8 : ""u8);
        writer.Literal(Force ? ":force"u8 : ""u8);
        if (Priority is not null)
        {
            writer.Literal(":priority:"u8);
            writer.Token(Priority);
        }

        writer.Literal(IsCached ? ":cached"u8 : ""u8);
        KeyParts.WriteScope(ref writer, IsPublic, SharedWith);
        KeyParts.WriteKey(ref writer, KeyWithColon, Key, Owner);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("delete"u8))
        {
            return null;
        }

        reader.TryTime(":dAt:"u8, out var deletedAt);
        var noCommitAt = reader.Position;
        var noCommit = reader.TryTake(":nc"u8);
        var forceAt = reader.Position;
        var force = reader.TryTake(":force"u8);
        var priorityAt = reader.Position;
        string? priority = null;
        if (reader.TryTake(":priority:"u8) && !reader.TryTakeOneOf(Priorities, out priority))
        {
            reader.Position = priorityAt;
        }

        var cachedAt = reader.Position;
        var isCached = reader.TryTake(":cached"u8);
        var scopeAt = reader.Position;
        var isPublic = KeyParts.TryPublic(ref reader);
        string? recipient = null;
        _ = !isPublic && KeyParts.TryRecipient(ref reader, out recipient);

        // The published pattern gives parts back from the last one on; only the last one taken can be the key.
        if (!Tail(ref reader, out var key, out var owner))
        {
            (var lastAt, isPublic, isCached, force, noCommit) =
                isPublic ? (scopeAt, false, isCached, force, noCommit)
                : isCached ? (cachedAt, false, false, force, noCommit)
                : force ? (forceAt, false, false, false, noCommit)
                : (noCommitAt, false, false, false, false);
            reader.Position = lastAt;
            if (recipient is not null || (priority is not null && lastAt < priorityAt) || !Tail(ref reader, out key, out owner))
            {
                return null;
            }
        }

        return new DeleteVerb
        {
            DeletedAt = deletedAt,
            NoCommit = noCommit,
            Force = force,
            Priority = priority,
            IsCached = isCached,
            IsPublic = isPublic,
            SharedWith = recipient,
            Key = key!,
            Owner = owner,
        };
    }

    private const string KeyWithColon = "privatekey:at_secret";
    private static readonly string[] Priorities = ["low", "medium", "high"];

    private static bool Tail(ref VerbReader reader, out string? key, out string? owner)
    {
        owner = null;
        return KeyParts.TryKey(ref reader, KeyWithColon, out key) && KeyParts.TryOptionalOwner(ref reader, out owner) && reader.IsAtEnd;
    }
}
