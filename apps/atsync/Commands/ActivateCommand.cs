using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.Client.Onboarding;

namespace AtSync.App.Commands;

/// <summary><c>atsync activate</c>: secret → keys → key file → atServer.</summary>
internal static class ActivateCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var secret = new Option<string?>("--secret") { Description = "The one-time secret (other users of this machine can see it; prefer --secret-file).", HelpName = "secret" };
        var secretFile = new Option<string?>("--secret-file") { Description = "File that holds it; - reads stdin.", HelpName = "file" };
        var device = new Option<string?>("--device") { Description = "Name of this device in the first enrollment.", HelpName = "name" };
        var command = new Command("activate", "Activate an atSign: make its keys, save them, publish the public one.") { at.AtSign, secret, secretFile, device };
        at.AddNetworkTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(secret) is null == result.GetValue(secretFile) is null)
            {
                result.AddError("Give the secret by --secret-file or by --secret.");
            }
        });
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var atSign = arguments.GetRequiredValue(at.AtSign);
            var keyFile = at.KeyFileOf(arguments);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(keyFile)!);
            var passphrase = Passphrase.ForWriting(output);
            var options = new ActivationOptions
            {
                AtSign = atSign,
                Secret = arguments.GetValue(secret) ?? SecretFile.Read(arguments.GetValue(secretFile)!, "secret file"),
                KeyFile = keyFile,
                Passphrase = passphrase,
                Directory = at.RootOf(arguments),
                Network = at.NetworkOf(arguments),
            };
            var keys = await Activation.ActivateAsync(
                arguments.GetValue(device) is { } name ? options with { DeviceName = name } : options, cancellationToken);
            if (passphrase is null)
            {
                output.Notice($"The key file is not protected by a passphrase; whoever reads '{keyFile}' can read the data. Keep a copy in a safe place.");
            }

            output.Result(
                writer =>
                {
                    writer.WriteBoolean("activated"u8, true);
                    writer.WriteString("atSign"u8, atSign.ToString());
                    writer.WriteString("keys"u8, keyFile);
                    if (keys.EnrollmentId is { } enrollment)
                    {
                        writer.WriteString("enrollmentId"u8, enrollment);
                    }
                },
                $"{atSign} is activated; its keys are in {keyFile}");
            return ExitCode.Done;
        });
    }
}
