using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.Client;

namespace AtSync.App.Commands;

/// <summary><c>atsync put</c>: stores a text, or a file (above 1 MiB as file records), then pushes.</summary>
internal static class PutCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var push = new PushAfterWrite();
        var key = KeyArgument.Required();
        var value = new Argument<string?>("value") { Description = "The text; quote it for the shell.", HelpName = "VALUE", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file") { Description = "Store this file's content instead; - reads stdin.", HelpName = "file" };
        var ttl = Seconds("--ttl", "Life time in seconds; 0 clears it.");
        var ttb = Seconds("--ttb", "Seconds until it becomes visible.");
        var immutable = new Option<bool>("--immutable") { Description = "It may not be changed afterwards." };
        var command = new Command("put", "Store a value: durable at once, pushed when in touch.");
        at.AddTo(command, hasRemote: true);
        command.Arguments.Add(key);
        command.Arguments.Add(value);
        command.Options.Add(file);
        command.Options.Add(ttl);
        command.Options.Add(ttb);
        command.Options.Add(immutable);
        push.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(value) is null == result.GetValue(file) is null)
            {
                result.AddError("Give either a VALUE or --file.");
            }
        });
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var options = new PutOptions
            {
                TimeToLive = SpanOf(arguments.GetValue(ttl)),
                TimeToBirth = SpanOf(arguments.GetValue(ttb)),
                IsImmutable = arguments.GetValue(immutable),
            };
            var name = arguments.GetRequiredValue(key);
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            if (at.IsRemote(arguments))
            {
                var commit = await client.WriteRemoteAsync(
                    new AtWrite(name, arguments.GetValue(file) is { } path ? FileValue.ReadSmall(path) : AtValue.OfText(arguments.GetValue(value)!), options),
                    cancellationToken);
                output.Result(
                    writer =>
                    {
                        writer.WriteBoolean("stored"u8, true);
                        writer.WriteBoolean("pushed"u8, true);
                        writer.WriteNumber("commitId"u8, commit);
                    },
                    $"stored remotely, commit {commit}");
                return ExitCode.Done;
            }

            if (arguments.GetValue(file) is { } source)
            {
                await FileValue.PutAsync(client, name, source, options, cancellationToken);
            }
            else
            {
                await client.PutAsync(name, arguments.GetValue(value)!, options, cancellationToken);
            }

            return await push.RunAsync(client, arguments, at, output, "stored", cancellationToken);
        });
    }

    private static Option<double?> Seconds(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "seconds" };
        option.Validators.Add(result =>
        {
            // A thousand years: beyond it the wire's milliseconds lose their meaning for other implementations.
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var seconds) && seconds is < 0 or > 31_556_952_000 or double.NaN)
            {
                result.AddError($"{name} takes seconds from 0 up.");
            }
        });
        return option;
    }

    private static TimeSpan? SpanOf(double? seconds) => seconds is { } known ? TimeSpan.FromSeconds(known) : null;
}
