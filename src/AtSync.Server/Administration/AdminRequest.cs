using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Administration;

/// <summary>What an administrator asks for, as one line of JSON.</summary>
/// <example>
/// <c>{"command":"add","atSign":"@alice"}</c> · <c>{"command":"list"}</c> · <c>{"command":"remove","atSign":"@alice"}</c> ·
/// <c>{"command":"renew","atSign":"@alice"}</c> · <c>{"command":"export","atSign":"@alice","path":"/absolute/file"}</c> ·
/// <c>{"command":"quota","atSign":"@alice","quota":{"records":1000,"bytes":null,"notifications":"none"}}</c> ·
/// <c>{"command":"import","atSign":"@alice","path":"/absolute/file","replace":true}</c> · <c>{"command":"backup","path":"/absolute/folder"}</c>
/// </example>
/// <param name="Command">What.</param>
/// <param name="AtSign">For whom, where the command is about one.</param>
/// <param name="Path">Absolute, where the command reads or writes one.</param>
/// <param name="Replaces">Whether an import may take the place of a hosted atSign.</param>
/// <param name="Quota">Other limits; on the line a number, <c>"none"</c> for no limit, null for the server's default.</param>
public sealed record AdminRequest(AdminCommand Command, AtSign? AtSign = null, string? Path = null, bool Replaces = false, QuotaChange? Quota = null)
{
    /// <summary>Most bytes of the line.</summary>
    public const int LineBytesMax = 16 * 1024;

    private const string NoLimit = "none";

    private static readonly Dictionary<string, AdminCommand> _commands = new(StringComparer.Ordinal)
    {
        ["add"] = AdminCommand.Add,
        ["list"] = AdminCommand.List,
        ["remove"] = AdminCommand.Remove,
        ["renew"] = AdminCommand.Renew,
        ["quota"] = AdminCommand.SetQuota,
        ["export"] = AdminCommand.Export,
        ["import"] = AdminCommand.Import,
        ["backup"] = AdminCommand.BackUp,
    };

    /// <summary>The command's name on the line.</summary>
    public string Word => _commands.First(entry => entry.Value == Command).Key;

    private bool NeedsAtSign => Command is not (AdminCommand.List or AdminCommand.BackUp);

    private bool NeedsPath => Command is AdminCommand.Export or AdminCommand.Import or AdminCommand.BackUp;

    /// <summary>The members of the line's object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString("command"u8, Word);
        if (AtSign is { } atSign)
        {
            writer.WriteString("atSign"u8, atSign.ToString());
        }

        if (Path is not null)
        {
            writer.WriteString("path"u8, Path);
        }

        if (Replaces)
        {
            writer.WriteBoolean("replace"u8, true);
        }

        if (Quota is not null)
        {
            writer.WriteStartObject("quota"u8);
            foreach (var (name, limit) in Quota.Limits)
            {
                if (limit == StoreQuota.NoLimit)
                {
                    writer.WriteString(name, NoLimit);
                }
                else if (limit is { } number)
                {
                    writer.WriteNumber(name, number);
                }
                else
                {
                    writer.WriteNull(name);
                }
            }

            writer.WriteEndObject();
        }
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="AdminException"><see cref="AdminFault.Usage"/>: it is no request.</exception>
    public static AdminRequest Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var word = root.GetProperty("command"u8).GetString() ?? "";
            if (!_commands.TryGetValue(word, out var command))
            {
                throw new AdminException(AdminFault.Usage, $"There is no command '{word}'; there are {string.Join(", ", _commands.Keys)}.");
            }

            var request = new AdminRequest(
                command,
                root.TryGetProperty("atSign"u8, out var atSign) ? ParseAtSign(atSign.GetString()) : null,
                root.TryGetProperty("path"u8, out var path) ? path.GetString() : null,
                root.TryGetProperty("replace"u8, out var replaces) && replaces.GetBoolean(),
                root.TryGetProperty("quota"u8, out var quota) ? ParseQuota(quota) : null);
            request.Validate();
            return request;
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new AdminException(AdminFault.Usage, "A request is one line with a JSON object and its \"command\".", failure);
        }
    }

    private static AtSign ParseAtSign(string? text) => Protocol.AtSign.TryParse(text ?? "", out var atSign, out var problem)
        ? atSign
        : throw new AdminException(AdminFault.Usage, $"'{text}' is no atSign: {problem}.");

    private static QuotaChange ParseQuota(JsonElement quota)
    {
        var limits = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var member in quota.EnumerateObject())
        {
            long? limit = member.Value.ValueKind == JsonValueKind.Null ? null
                : member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals(NoLimit) ? StoreQuota.NoLimit
                : member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var number) ? number
                : throw new AdminException(AdminFault.Usage, $"The quota '{member.Name}' is a whole number, \"{NoLimit}\", or null for the default.");
            limits[member.Name] = limit;
        }

        return new QuotaChange(limits);
    }

    private void Validate()
    {
        if (Command == AdminCommand.SetQuota && (Quota is null ? "The command 'quota' needs a \"quota\"." : Quota.Problem) is { } problem)
        {
            throw new AdminException(AdminFault.Usage, problem);
        }

        if (NeedsAtSign && AtSign is null)
        {
            throw new AdminException(AdminFault.Usage, $"The command '{Word}' needs an \"atSign\".");
        }

        if (NeedsPath && (Path is null || !System.IO.Path.IsPathFullyQualified(Path)))
        {
            throw new AdminException(AdminFault.Usage, $"The command '{Word}' needs a \"path\", and an absolute one: the server has another working directory.");
        }
    }
}

/// <summary>Kinds of <see cref="AdminRequest"/>.</summary>
public enum AdminCommand
{
    /// <summary>Host a new atSign; answers its address and one-time secret.</summary>
    Add,

    /// <summary>Every hosted atSign, a line each.</summary>
    List,

    /// <summary>Delete an atSign with everything it holds.</summary>
    Remove,

    /// <summary>Give an atSign's store another epoch.</summary>
    Renew,

    /// <summary>Change what an atSign may hold.</summary>
    SetQuota,

    /// <summary>Write an atSign to a file.</summary>
    Export,

    /// <summary>Take an atSign over from a file.</summary>
    Import,

    /// <summary>Copy everything to a folder.</summary>
    BackUp,
}
