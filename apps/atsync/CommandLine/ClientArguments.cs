using System.CommandLine;
using AtSync.Client;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.CommandLine;

/// <summary>The arguments that every command on an atSign's data takes, and how they become an open client.</summary>
internal sealed class ClientArguments
{
    private readonly Option<string?> _root = new("--root") { Description = "The atDirectory, host:port (ATSYNC_ROOT).", HelpName = "host:port" };
    private readonly Option<string?> _ca = new("--ca") { Description = "PEM file of an authority to trust besides the system's (ATSYNC_CA).", HelpName = "file" };
    private readonly Option<string?> _keys = new("--keys") { Description = "The key file [default: ~/.atsign/keys/@alice_key.atKeys].", HelpName = "file" };
    private readonly Option<string?> _store = new("--store") { Description = "Folder of the local secondary [default: $ATSYNC_HOME/@alice, ~/.atsync/@alice].", HelpName = "dir" };
    private readonly Option<bool> _offline = new("--offline") { Description = "Touch no network." };
    private readonly Option<bool> _remote = new("--remote") { Description = "Bypass the local secondary: straight to the atServer." };

    /// <summary>Whose data it is.</summary>
    public Argument<AtSign> AtSign { get; } = AtSignArgument.Required();

    /// <summary>Adds the atSign as the next argument, and the options that apply.</summary>
    public void AddTo(Command command, bool hasOffline = true, bool hasRemote = false)
    {
        command.Arguments.Add(AtSign);
        AddNetworkTo(command);
        command.Options.Add(_store);
        if (hasOffline)
        {
            command.Options.Add(_offline);
        }

        if (hasRemote)
        {
            command.Options.Add(_remote);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_offline) && result.GetValue(_remote))
                {
                    result.AddError("--offline and --remote exclude each other.");
                }
            });
        }
    }

    /// <summary>Adds only what dialling and keys need.</summary>
    public void AddNetworkTo(Command command)
    {
        command.Options.Add(_root);
        command.Options.Add(_ca);
        command.Options.Add(_keys);
    }

    public HostPort RootOf(ParseResult arguments) => Settings.Root(arguments.GetValue(_root));

    public INetwork NetworkOf(ParseResult arguments) => Dialling.Network(Settings.AuthorityFile(arguments.GetValue(_ca)));

    public string KeyFileOf(ParseResult arguments) => Settings.KeyFile(arguments.GetValue(_keys), arguments.GetRequiredValue(AtSign));

    /// <summary>The key file that was named, or null.</summary>
    public string? KeysOf(ParseResult arguments) => arguments.GetValue(_keys);

    public bool IsRemote(ParseResult arguments) => arguments.GetValue(_remote);

    public bool IsOffline(ParseResult arguments) => arguments.GetValue(_offline);

    /// <summary>Opens the client that the arguments describe.</summary>
    /// <param name="arguments">As parsed.</param>
    /// <param name="output">For a question or a notice.</param>
    /// <param name="needsKeys">False opens without a key file that is not there: listing and counts work then.</param>
    /// <param name="isLive">Keeps the store in step in the background.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    public Task<AtClient> OpenAsync(ParseResult arguments, Output output, bool needsKeys, bool isLive, CancellationToken cancellationToken)
    {
        var atSign = arguments.GetRequiredValue(AtSign);
        var keyFile = KeyFileOf(arguments);
        var isOffline = IsOffline(arguments);
        return AtClient.OpenAsync(
            new AtClientOptions
            {
                AtSign = atSign,
                StoreDirectory = Settings.StoreFolder(arguments.GetValue(_store), atSign),
                Keys = needsKeys || File.Exists(keyFile) ? KeyFile.Load(keyFile, atSign, output) : null,
                Directory = RootOf(arguments),
                Network = isOffline ? null : NetworkOf(arguments),
                IsOffline = isOffline,
                IsLive = isLive,
                DeviceName = Settings.DeviceName,
                TellsDevice = Settings.DeviceName is not null,
            },
            cancellationToken);
    }
}

/// <summary>atSigns on the command line.</summary>
internal static class AtSignArgument
{
    public static Argument<AtSign> Required() => new("atSign")
    {
        Description = "Whose data, for example @alice.",
        HelpName = "@atSign",
        CustomParser = result =>
        {
            if (Protocol.AtSign.TryParse(result.Tokens[0].Value, out var atSign, out var problem))
            {
                return atSign;
            }

            result.AddError($"'{result.Tokens[0].Value}' is no atSign: {problem}.");
            return default;
        },
    };
}

/// <summary>Key files as the command line opens them.</summary>
internal static class KeyFile
{
    public static AtKeysFile Load(string path, AtSign atSign, Output output)
    {
        if (!File.Exists(path))
        {
            throw new CliException(
                ExitCode.Local,
                $"The key file '{path}' does not exist. Activate the atSign first ('atsync activate {atSign}'), or name its file with --keys.");
        }

        try
        {
            var passphrase = AtKeysFile.NeedsPassphrase(File.ReadAllBytes(path)) ? Passphrase.ForOpening(output) : null;
            return AtKeysFile.Load(path, atSign, passphrase);
        }
        catch (CryptoException failure) when (!failure.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new CliException(ExitCode.Local, $"The key file '{path}' can't be used: {failure.Message}", failure);
        }
    }
}

/// <summary>How the program dials.</summary>
internal static class Dialling
{
    /// <summary>TLS; the system's authorities, and the one in <paramref name="authorityFile"/> when given.</summary>
    public static INetwork Network(string? authorityFile) =>
        new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = authorityFile is null ? [] : [authorityFile] });
}
