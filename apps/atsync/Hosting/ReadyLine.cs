using System.Text.Json;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Hosting;

/// <summary>The only line that <c>atsync up</c> writes to stdout, once everything listens.</summary>
/// <example>
/// <c>{"ready":true,"directory":"localhost:6400","ca":"/absolute/ca.pem","atSigns":{"@alice":{"address":"localhost:25000","secret":"…","activated":false}}}</c>
/// </example>
/// <param name="Directory">host:port of the atDirectory.</param>
/// <param name="AuthorityFile">Full path of the certificate that clients have to trust.</param>
/// <param name="AtSigns">Every hosted atSign.</param>
internal sealed record ReadyLine(string Directory, string AuthorityFile, IReadOnlyList<ReadyAtSign> AtSigns)
{
    /// <summary><see cref="Directory"/>, taken apart.</summary>
    public HostPort DirectoryAddress =>
        HostPort.TryParse(Directory, out var address) ? address : throw new FormatException($"'{Directory}' is no address of an atDirectory.");

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("ready"u8, true);
        writer.WriteString("directory"u8, Directory);
        writer.WriteString("ca"u8, AuthorityFile);
        writer.WriteStartObject("atSigns"u8);
        foreach (var atSign in AtSigns)
        {
            writer.WriteStartObject(atSign.AtSign.ToString());
            writer.WriteString("address"u8, atSign.Address);
            if (atSign.Secret is { } secret && !atSign.IsActivated)
            {
                writer.WriteString("secret"u8, secret);
            }

            writer.WriteBoolean("activated"u8, atSign.IsActivated);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads the line of a child process.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ReadyLine Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var atSigns = new List<ReadyAtSign>();
            foreach (var member in root.GetProperty("atSigns"u8).EnumerateObject())
            {
                atSigns.Add(new ReadyAtSign(
                    AtSign.Parse(member.Name),
                    member.Value.GetProperty("address"u8).GetString()!,
                    member.Value.TryGetProperty("secret"u8, out var secret) ? secret.GetString() : null,
                    member.Value.GetProperty("activated"u8).GetBoolean()));
            }

            return new ReadyLine(root.GetProperty("directory"u8).GetString()!, root.GetProperty("ca"u8).GetString()!, atSigns);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"This is no ready line: {line}", failure);
        }
    }
}

/// <summary>One atSign of a <see cref="ReadyLine"/>.</summary>
/// <param name="AtSign">Which.</param>
/// <param name="Address">host:port of its atServer.</param>
/// <param name="Secret">The CRAM secret; null once activated.</param>
/// <param name="IsActivated">Whether it was activated.</param>
internal sealed record ReadyAtSign(AtSign AtSign, string Address, string? Secret, bool IsActivated);
