using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>
/// When a record becomes visible and when it expires. A write that says nothing keeps what the record had (it does not restart a life time, as the
/// 2026 servers do); zero clears. The relative times stay in the metadata as they were asked for, beside the absolute ones.
/// </summary>
/// <param name="TtlMs">As asked for, ms; 0 = cleared; null = never had one.</param>
/// <param name="TtbMs">As asked for, ms; 0 = cleared; null = never had one.</param>
/// <param name="ExpiresAtMs">Unix ms, or null.</param>
/// <param name="AvailableAtMs">Unix ms, or null.</param>
internal readonly record struct LifeTime(long? TtlMs, long? TtbMs, long? ExpiresAtMs, long? AvailableAtMs)
{
    /// <summary>The longest time that can be asked for: 100 years.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(36_525);

    /// <summary>What a put at <paramref name="nowMs"/> gives the record.</summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>: negative or too long.</exception>
    public static LifeTime Of(PutOptions? options, LifeTime previous, long nowMs)
    {
        var life = previous;
        if (options?.AvailableAt is { } visible)
        {
            if (options.TimeToBirth is not null)
            {
                throw new AtException(AtFault.InvalidArgument, "A time to birth and a time of birth exclude each other.");
            }

            var ttb = Milliseconds(TimeSpan.FromMilliseconds(Math.Max(0, visible.ToUnixTimeMilliseconds() - nowMs)), "time to birth");
            life = life with { TtbMs = ttb == 0 && previous.TtbMs is null ? null : ttb, AvailableAtMs = ttb == 0 ? null : visible.ToUnixTimeMilliseconds() };
        }
        else if (options?.TimeToBirth is { } birth)
        {
            var ttb = Milliseconds(birth, "time to birth");
            life = life with { TtbMs = ttb == 0 && previous.TtbMs is null ? null : ttb, AvailableAtMs = ttb == 0 ? null : nowMs + ttb };
        }

        if (options?.ExpiresAt is { } end)
        {
            if (options.TimeToLive is not null)
            {
                throw new AtException(AtFault.InvalidArgument, "A time to live and a time of expiry exclude each other.");
            }

            var ttl = Milliseconds(TimeSpan.FromMilliseconds(Math.Max(1, end.ToUnixTimeMilliseconds() - nowMs)), "time to live");
            life = life with { TtlMs = ttl, ExpiresAtMs = end.ToUnixTimeMilliseconds() };
        }
        else if (options?.TimeToLive is { } span)
        {
            var ttl = Milliseconds(span, "time to live");
            // A birth asked for together with the life time delays it; one that was pinned earlier does not.
            var start = nowMs + (options is { TimeToBirth: null, AvailableAt: null } ? 0 : life.TtbMs ?? 0);
            life = life with { TtlMs = ttl == 0 && previous.TtlMs is null ? null : ttl, ExpiresAtMs = ttl == 0 ? null : start + ttl };
        }

        return life;
    }

    /// <summary>The life time in a record's metadata.</summary>
    public static LifeTime Of(AtMetadata metadata) => new(
        metadata.Ttl, metadata.Ttb, metadata.ExpiresAt?.ToUnixTimeMilliseconds(), metadata.AvailableAt?.ToUnixTimeMilliseconds());

    /// <summary>The metadata with this life time.</summary>
    public AtMetadata ApplyTo(AtMetadata metadata) => metadata with
    {
        Ttl = TtlMs,
        Ttb = TtbMs,
        ExpiresAt = ExpiresAtMs is { } expires ? DateTimeOffset.FromUnixTimeMilliseconds(expires) : null,
        AvailableAt = AvailableAtMs is { } available ? DateTimeOffset.FromUnixTimeMilliseconds(available) : null,
    };

    private static long Milliseconds(TimeSpan span, string what)
    {
        if (span < TimeSpan.Zero || span > Max)
        {
            throw new AtException(AtFault.InvalidArgument, $"A {what} of {span} can't be used: it must lie between zero and 100 years.");
        }

        return (long)Math.Ceiling(span.TotalMilliseconds);
    }
}
