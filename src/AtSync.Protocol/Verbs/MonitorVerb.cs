using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>monitor[:strict][:selfNotifications][:multiplexed][:epochMillis][ regex]</c>.</summary>
/// <remarks>
/// <code>
/// C: monitor:selfNotifications:1729733000000 \.wavi
/// S: notification: {"id":"…",…}          (no answer of its own)
/// </code>
/// Without a colon anywhere the whole line is lower-cased, the pattern too; so such a pattern is not written behind the bare word.
/// </remarks>
public sealed record MonitorVerb : Verb
{
    internal const string Usage = "e.g. monitor or monitor .wavi";

    /// <summary><c>:strict</c>.</summary>
    public bool Strict { get; init; }

    /// <summary><c>:selfNotifications</c>.</summary>
    public bool SelfNotifications { get; init; }

    /// <summary><c>:multiplexed</c>.</summary>
    public bool Multiplexed { get; init; }

    /// <summary>Only stored notifications after this time, Unix ms.</summary>
    public long? EpochMs { get; init; }

    /// <summary>Filter.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "monitor";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("monitor"u8);
        writer.Literal(Strict ? ":strict"u8 : ""u8);
        writer.Literal(SelfNotifications ? ":selfNotifications"u8 : ""u8);
        writer.Literal(Multiplexed ? ":multiplexed"u8 : ""u8);
        if (EpochMs is { } epoch)
        {
            writer.Byte((byte)':');
            writer.Number(epoch);
        }

        if (Regex is not null)
        {
            var isBare = !Strict && !SelfNotifications && !Multiplexed && EpochMs is null;
            if (isBare && !VerbDispatch.IsSafeBehindBareWord(Regex))
            {
                throw new FormatException("a monitor pattern with a colon, capitals or letters beyond ASCII needs a part in front of it, such as a time mark");
            }

            writer.Byte((byte)' ');
            writer.Text(Regex);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("monitor"u8))
        {
            return null;
        }

        var strict = reader.TryTake(":strict"u8);
        var self = reader.TryTake(":selfNotifications"u8);
        var multiplexed = reader.TryTake(":multiplexed"u8);
        reader.TryNumber(":"u8, out var epoch);
        return reader.TryOptionalRest(" "u8, out var regex)
            ? new MonitorVerb { Strict = strict, SelfNotifications = self, Multiplexed = multiplexed, EpochMs = epoch, Regex = regex }
            : null;
    }
}
