using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>config:block:add|remove|show[:@a @b]</c>, <c>config:set|reset|print:name[=value]</c>.</summary>
/// <remarks>
/// <code>
/// C: config:block:add:@bob @carol
/// S: data:success
/// </code>
/// The published pattern of <c>set</c>, <c>reset</c> and <c>print</c> is not anchored at its beginning.
/// </remarks>
public sealed record ConfigVerb : Verb
{
    internal const string Usage = "config:block:add|remove|show[:@<atSign> @<atSign>...] or config:set|reset|print:<name>[=<value>]";

    /// <summary><c>block:add</c>, <c>block:remove</c>, <c>block:show</c>, <c>set</c>, <c>reset</c>, <c>print</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>As typed, with <c>@</c>.</summary>
    public EquatableList<string>? AtSigns { get; init; }

    /// <summary>For set, reset and print.</summary>
    public string? Setting { get; init; }

    /// <inheritdoc/>
    public override string Word => "config";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("config:"u8);
        writer.Text(Operation);
        for (var i = 0; i < AtSigns?.Count; i++)
        {
            writer.Byte((byte)(i == 0 ? ':' : ' '));
            writer.Text(AtSigns[i]);
        }

        if (Setting is not null)
        {
            writer.Byte((byte)':');
            writer.Text(Setting);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("config:"u8))
        {
            return null;
        }

        if (Block(ref reader) is { } block)
        {
            return block;
        }

        for (reader.Position = 0; !reader.IsAtEnd; reader.Position++)
        {
            var start = reader.Position;
            if (reader.TryTake("config:"u8) && reader.TryTakeOneOf(SettingOperations, out var operation) && reader.TryTake(":"u8)
                && reader.TryRest(out string? setting))
            {
                return new ConfigVerb { Operation = operation, Setting = setting };
            }

            reader.Position = start;
        }

        return null;
    }

    private static readonly string[] BlockOperations = ["block:add", "block:remove"];
    private static readonly string[] SettingOperations = ["set", "reset", "print"];

    private static ConfigVerb? Block(ref VerbReader reader)
    {
        if (reader.TryTake("block:show"u8))
        {
            return CharClass.SpaceLength(reader.Rest) == reader.Rest.Length ? new ConfigVerb { Operation = "block:show" } : null;
        }

        if (!reader.TryTakeOneOf(BlockOperations, out var operation) || !reader.TryToken(":@"u8, out var first))
        {
            return null;
        }

        // Only the first one may not hold a colon.
        List<string> atSigns = ["@" + first];
        while (reader.TryTake(" @"u8))
        {
            var length = CharClass.NotAtOrSpace(reader.Rest);
            if (length == 0)
            {
                return null;
            }

            atSigns.Add("@" + reader.Text(length));
        }

        return reader.IsAtEnd ? new ConfigVerb { Operation = operation, AtSigns = new EquatableList<string>(atSigns) } : null;
    }
}
