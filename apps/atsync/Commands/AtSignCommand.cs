using System.CommandLine;
using System.Text.Json;
using AtSync.App.Administration;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;
using AtSync.Protocol;
using AtSync.Server.Administration;
using AtSync.Storage.Server;

namespace AtSync.App.Commands;

/// <summary><c>atsync atsign add|list|remove|export|import|renew|quota</c>: the atSigns of a server, while it runs or while it does not.</summary>
internal static class AtSignCommand
{
    private static readonly Option<string> _data = DataOption.Make();

    public static Command Build() => new("atsign", "Administer the atSigns of a server, running or not.")
    {
        Add(), List(), Remove(), Export(), Import(), Renew(), Quota(),
    };

    private static Command Add()
    {
        var atSign = AtSignArgument();
        return new Command("add", "Host a new atSign; tells its address and one-time secret.") { atSign, _data }.With(async (arguments, output, cancellationToken) =>
        {
            var answer = await AskAsync(arguments, output, new AdminRequest(AdminCommand.Add, Of(arguments, atSign)), cancellationToken);
            output.Result(writer => Copy(writer, answer), null);
            if (!output.IsJson)
            {
                var address = Text(answer, "address");
                Tables.Facts(output, ("atSign", Text(answer, "atSign")!), ("address", address ?? "given when the server starts"), ("secret", Text(answer, "secret") ?? ""));
                Notices(output, answer, address is not null);
            }

            return ExitCode.Done;
        });
    }

    private static Command List() =>
        new Command("list", "Every hosted atSign, with what it holds and may hold.") { _data }.With(async (arguments, output, cancellationToken) =>
        {
            var rows = new List<IReadOnlyList<string>>();
            await AdminCall.RunAsync(
                arguments.GetRequiredValue(_data),
                new AdminRequest(AdminCommand.List),
                entry =>
                {
                    if (output.IsJson)
                    {
                        output.Json(writer => Copy(writer, entry));
                    }
                    else
                    {
                        rows.Add(Row(entry));
                    }
                },
                static (_, _) => { },
                cancellationToken);
            if (!output.IsJson)
            {
                Tables.Rows(output, ["atSign", "state", "address", "records", "bytes", "notifications", "connections", "last commit"], rows);
            }

            return ExitCode.Done;
        });

    private static Command Remove()
    {
        var atSign = AtSignArgument();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("remove", "Delete an atSign with everything it holds here. Without an export there is no way back.")
        {
            atSign, _data, yes,
        }.With(async (arguments, output, cancellationToken) =>
        {
            var name = Of(arguments, atSign);
            if (!arguments.GetValue(yes))
            {
                Confirm(name);
            }

            var answer = await AskAsync(arguments, output, new AdminRequest(AdminCommand.Remove, name), cancellationToken);
            output.Result(writer => Copy(writer, answer), $"{name} is gone, with {Number(answer, "records"):N0} records ({Sizes.Text(Number(answer, "bytes"))}).");
            return ExitCode.Done;
        });
    }

    private static Command Export()
    {
        var atSign = AtSignArgument();
        var file = new Argument<string>("file") { Description = "A new file; readable by its owner only.", HelpName = "FILE" };
        return new Command("export", "Write an atSign with everything it holds to a file, while it is in use.") { atSign, file, _data }.With(
            async (arguments, output, cancellationToken) =>
            {
                var path = Path.GetFullPath(arguments.GetRequiredValue(file));
                var answer = await AskAsync(arguments, output, new AdminRequest(AdminCommand.Export, Of(arguments, atSign), path), cancellationToken);
                output.Result(
                    writer => Copy(writer, answer),
                    $"{Number(answer, "records"):N0} records of {Text(answer, "atSign")} in '{path}' ({Sizes.Text(Number(answer, "bytes"))}).");
                return ExitCode.Done;
            });
    }

    private static Command Import()
    {
        var atSign = AtSignArgument();
        var file = new Argument<string>("file") { Description = "What 'atsign export' wrote.", HelpName = "FILE" };
        var replace = new Option<bool>("--replace") { Description = "Take the place of the atSign if it is hosted here." };
        return new Command("import", "Take an atSign over from its export, wholly or not at all.") { atSign, file, _data, replace }.With(
            async (arguments, output, cancellationToken) =>
            {
                var request = new AdminRequest(
                    AdminCommand.Import, Of(arguments, atSign), Path.GetFullPath(arguments.GetRequiredValue(file)), arguments.GetValue(replace));
                var answer = await AskAsync(arguments, output, request, cancellationToken);
                var address = Text(answer, "address");
                output.Result(
                    writer => Copy(writer, answer),
                    $"{Text(answer, "atSign")} is hosted here{(address is null ? "" : $" at {address}")}, with {Number(answer, "records"):N0} records.");
                if (!output.IsJson)
                {
                    Notices(output, answer, address is not null);
                }

                return ExitCode.Done;
            });
    }

    private static Command Renew()
    {
        var atSign = AtSignArgument();
        return new Command("renew", "Give an atSign's store another epoch: after its files were put back by other means than 'restore' or 'import'.")
        {
            atSign, _data,
        }.With(async (arguments, output, cancellationToken) =>
        {
            var answer = await AskAsync(arguments, output, new AdminRequest(AdminCommand.Renew, Of(arguments, atSign)), cancellationToken);
            output.Result(writer => Copy(writer, answer), $"{Text(answer, "atSign")} has epoch {Text(answer, "epoch")} now; its devices will compare everything.");
            return ExitCode.Done;
        });
    }

    private static Command Quota()
    {
        var atSign = AtSignArgument();
        var limits = QuotaChange.Names.ToDictionary(name => name, LimitOption, StringComparer.Ordinal);
        var command = new Command("quota", "Change what an atSign may hold. What is not named stays; what it holds already stays, too.") { atSign, _data };
        foreach (var option in limits.Values)
        {
            command.Add(option);
        }

        return command.With(async (arguments, output, cancellationToken) =>
        {
            var change = new QuotaChange(limits.Where(entry => arguments.GetValue(entry.Value) is not null)
                .ToDictionary(entry => entry.Key, entry => LimitOf(arguments.GetValue(entry.Value)!), StringComparer.Ordinal));
            if (change.Problem is { } problem)
            {
                throw CliException.Usage(problem);
            }

            var answer = await AskAsync(arguments, output, new AdminRequest(AdminCommand.SetQuota, Of(arguments, atSign), Quota: change), cancellationToken);
            var row = Row(answer);
            output.Result(writer => Copy(writer, answer), $"{row[0]}: {row[3]} records, {row[4]}, {row[5]} notifications.");
            return ExitCode.Done;
        });
    }

    private static Option<string?> LimitOption(string name)
    {
        var option = new Option<string?>("--" + System.Text.RegularExpressions.Regex.Replace(name, "[A-Z]", match => "-" + match.Value.ToLowerInvariant()))
        {
            Description = "A number, none for no limit, or default for the server's.",
            HelpName = "N|none|default",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value is not ("none" or "default") && !long.TryParse(token.Value, System.Globalization.NumberStyles.None, null, out _))
            {
                result.AddError($"'{token.Value}' is neither a whole number nor none nor default.");
            }
        });
        return option;
    }

    private static long? LimitOf(string text) => text switch
    {
        "default" => null,
        "none" => StoreQuota.NoLimit,
        _ => long.Parse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture),
    };

    private static Task<JsonElement> AskAsync(ParseResult arguments, Output output, AdminRequest request, CancellationToken cancellationToken) =>
        ProgressView.RunAsync(output, request.Word, progress => AdminCall.RunAsync(
            arguments.GetRequiredValue(_data),
            request,
            static _ => { },
            (done, total) => progress(done, total, $"{done:N0} of {total:N0} records"),
            cancellationToken));

    private static Argument<string> AtSignArgument()
    {
        var argument = new Argument<string>("atSign") { Description = "Which.", HelpName = "@atSign" };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !AtSign.TryParse(token.Value, out _, out var problem))
            {
                result.AddError($"'{token.Value}' is no atSign: {problem}.");
            }
        });
        return argument;
    }

    private static AtSign Of(ParseResult arguments, Argument<string> argument) => AtSign.Parse(arguments.GetRequiredValue(argument));

    /// <summary>A person types the name; a script says <c>--yes</c>.</summary>
    private static void Confirm(AtSign atSign)
    {
        if (Console.IsInputRedirected)
        {
            throw CliException.Usage($"Removing {atSign} deletes everything it holds here. Say so with --yes.");
        }

        Console.Error.Write($"Everything that {atSign} holds here will be deleted. Type its name to go on: ");
        if (!AtSign.TryParse(Console.ReadLine() ?? "", out var typed, out _) || typed != atSign)
        {
            throw new CliException(ExitCode.Refused, "Nothing was removed.");
        }
    }

    private static void Notices(Output output, JsonElement answer, bool isRunning)
    {
        if (answer.TryGetProperty("registered"u8, out var registered) && !registered.GetBoolean())
        {
            output.Notice(isRunning
                ? "The atDirectory can't be reached now; it is told as soon as it can be."
                : "The server does not run; the atDirectory is told when it starts.");
        }
    }

    private static string[] Row(JsonElement entry)
    {
        var quota = entry.GetProperty("quota"u8);
        return
        [
            Text(entry, "atSign")!, entry.GetProperty("activated"u8).GetBoolean() ? "activated" : "new", Text(entry, "address") ?? "-",
            Of("records", static value => value.ToString("N0")), Of("bytes", Sizes.Text), Of("notifications", static value => value.ToString("N0")),
            Number(entry, "connections").ToString("N0"), Number(entry, "lastCommitId").ToString("N0"),
        ];

        string Of(string name, Func<long, string> format) =>
            format(Number(entry, name)) + (quota.GetProperty(name) is { ValueKind: JsonValueKind.Number } limit ? " of " + format(limit.GetInt64()) : "");
    }

    private static string? Text(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement answer, string name) => answer.GetProperty(name).GetInt64();

    /// <summary>The answer's members as they are, without the one that only the socket needs.</summary>
    private static void Copy(Utf8JsonWriter writer, JsonElement answer)
    {
        foreach (var member in answer.EnumerateObject().Where(member => member.Name != "ok"))
        {
            member.WriteTo(writer);
        }
    }
}
