using System.CommandLine;
using System.IO.Enumeration;
using AtSync.App.CommandLine;
using AtSync.App.Conformance;
using AtSync.App.Conformance.Format;
using AtSync.App.Conformance.Replay;
using AtSync.Client.Remote;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.App.Commands;

/// <summary><c>atsync conformance</c>: replays the golden transcripts against any atServer and says where it differs.</summary>
internal static class ConformanceCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var atSign = AtSignOption("--atsign", "Whose atServer [default: the atSign of the key file].");
        var peerKeys = new Option<string?>("--peer-keys") { Description = "Key file of a second atSign, for everything between atSigns.", HelpName = "file" };
        var peerAtSign = AtSignOption("--peer-atsign", "The second atSign [default: the atSign of its key file].");
        var secret = new Option<string?>("--secret") { Description = "One-time secret in force, of --onboard or else of --atsign (see also --secret-file).", HelpName = "secret" };
        var secretFile = new Option<string?>("--secret-file") { Description = "File that holds it; - reads stdin.", HelpName = "file" };
        var onboard = AtSignOption("--onboard", "An atSign that is not activated, whose secret it is: the run activates it for good.");
        var only = new Option<string?>("--only") { Description = "Only transcripts whose name matches, for example 'sync*'.", HelpName = "pattern" };
        var trace = new Option<bool>("--trace") { Description = "Every line that goes over a connection, on stderr." };
        var command = new Command("conformance", "Replay the golden transcripts against an atServer; it is left as it was.")
        {
            atSign, peerKeys, peerAtSign, secret, secretFile, onboard, only, trace,
        };
        at.AddNetworkTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(secret) is not null && result.GetValue(secretFile) is not null)
            {
                result.AddError("Give the secret by --secret-file or by --secret.");
            }

            if (result.GetValue(onboard) is not null && result.GetValue(secret) is null && result.GetValue(secretFile) is null)
            {
                result.AddError("--onboard needs the secret of that atSign (--secret-file or --secret).");
            }
        });
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var transcripts = Chosen(arguments.GetValue(only));
            var network = at.NetworkOf(arguments);
            var directory = new DirectoryClient(network, at.RootOf(arguments), TimeProvider.System);
            var owner = await PartyAsync(at.KeysOf(arguments), arguments.GetValue(atSign), "--keys", "--atsign", directory, output, cancellationToken);
            var peer = arguments.GetValue(peerKeys) is { } file
                ? await PartyAsync(file, arguments.GetValue(peerAtSign), "--peer-keys", "--peer-atsign", directory, output, cancellationToken)
                : null;
            if (peer?.AtSign == owner.AtSign)
            {
                throw CliException.Usage($"--peer-keys has to be the key file of another atSign than {owner.AtSign}.");
            }

            var secretText = arguments.GetValue(secret) ?? (arguments.GetValue(secretFile) is { } path ? SecretFile.Read(path, "secret file") : null);
            var fresh = arguments.GetValue(onboard);
            await using var run = new ConformanceRun(new ConformanceOptions
            {
                Network = network,
                Owner = owner,
                Peer = peer,
                Secret = secretText is null ? null
                    : fresh is { } other ? new Party
                    {
                        AtSign = other,
                        Address = await directory.FindAsync(other, cancellationToken),
                        Key = RsaPrivateKey.Generate(),
                        Secret = secretText,
                    }
                    : owner with { Secret = secretText },
                MayOnboard = fresh is not null,
                Pause = Task.Delay,
                Trace = arguments.GetValue(trace) ? output.Notice : null,
            });
            var report = new ConformanceReport(output);
            try
            {
                await foreach (var verdict in run.RunAsync(transcripts, cancellationToken))
                {
                    report.Add(verdict);
                }
            }
            catch (RefusedException refused)
            {
                throw new CliException(ExitCode.Refused, $"{owner.AtSign} cannot be tested: {refused.Message}");
            }

            return report.Complete(owner.AtSign, owner.Address);
        });
    }

    private static IReadOnlyList<Transcript> Chosen(string? pattern)
    {
        var all = Transcript.Embedded();
        if (pattern is null)
        {
            return all;
        }

        var chosen = all.Where(each => FileSystemName.MatchesSimpleExpression(pattern, each.Name)).ToList();
        return chosen.Count > 0
            ? chosen
            : throw CliException.Usage($"No transcript is called '{pattern}'. There are: {string.Join(", ", all.Select(each => each.Name))}.");
    }

    private static async Task<Party> PartyAsync(
        string? keyFile, AtSign? named, string keysOption, string atSignOption, DirectoryClient directory, Output output, CancellationToken cancellationToken)
    {
        if (keyFile is null && named is null)
        {
            throw CliException.Usage($"Whose atServer is it? Name the key file of an activated atSign with {keysOption}.");
        }

        var path = Settings.KeyFile(keyFile, named.GetValueOrDefault());
        var atSign = named ?? AtSignOf(path) ?? throw CliException.Usage($"The name of '{path}' does not say whose it is: name the atSign with {atSignOption}.");
        var keys = KeyFile.Load(path, atSign, output);
        if (keys.LoginProblem is { } problem || keys.PkamPrivateKey is null)
        {
            throw new CliException(ExitCode.Local, keys.LoginProblem ?? $"The key file '{path}' holds no private key to log in with.");
        }

        return new Party
        {
            AtSign = atSign,
            Address = await directory.FindAsync(atSign, cancellationToken),
            Key = new RsaPrivateKey(keys.PkamPrivateKey),
            EnrollmentId = keys.EnrollmentId,
        };
    }

    /// <summary>Key files are called <c>@alice_key.atKeys</c>.</summary>
    private static AtSign? AtSignOf(string path) =>
        Path.GetFileName(path).Split("_key")[0] is ['@', ..] name && AtSign.TryParse(name, out var atSign, out _) ? atSign : null;

    private static Option<AtSign?> AtSignOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "@atSign",
        CustomParser = result =>
        {
            if (AtSign.TryParse(result.Tokens[0].Value, out var atSign, out var problem))
            {
                return atSign;
            }

            result.AddError($"'{result.Tokens[0].Value}' is no atSign: {problem}.");
            return null;
        },
    };
}
