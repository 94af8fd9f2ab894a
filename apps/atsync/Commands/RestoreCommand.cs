using System.CommandLine;
using AtSync.App.Administration;
using AtSync.App.CommandLine;

namespace AtSync.App.Commands;

/// <summary><c>atsync restore</c>: a data folder from a backup, while no server runs on it.</summary>
internal static class RestoreCommand
{
    public static Command Build()
    {
        var data = DataOption.Make();
        var folder = new Argument<string>("folder") { Description = "What 'backup' wrote.", HelpName = "FOLDER" };
        var replace = new Option<bool>("--replace") { Description = "Take the place of what the data folder holds, which is kept beside it." };
        return new Command("restore", "Put a backup in place, while the server does not run. Devices notice, and bring back what they have and it has not.")
        {
            folder, data, replace,
        }.With(async (arguments, output, cancellationToken) =>
        {
            var restored = await DataRestore.RunAsync(
                arguments.GetRequiredValue(folder), arguments.GetRequiredValue(data), arguments.GetValue(replace), cancellationToken);
            output.Result(
                writer =>
                {
                    writer.WriteNumber("atSigns"u8, restored.Stores.Stores.Count);
                    writer.WriteString("replaced"u8, restored.Replaced);
                    writer.WriteStartArray("missing"u8);
                    foreach (var atSign in restored.Stores.Missing)
                    {
                        writer.WriteStringValue(atSign.ToString());
                    }

                    writer.WriteEndArray();
                },
                $"{restored.Stores.Stores.Count:N0} atSigns are restored.");
            if (restored.Replaced is { } kept)
            {
                output.Notice($"What was there is kept in '{kept}'; delete it when nothing is missing.");
            }

            if (restored.Stores.ReplacedProblem is { } problem)
            {
                output.Notice($"The stores that were there can't be read ({problem}); commit ids go on from the backup's.");
            }

            foreach (var atSign in restored.Stores.Missing)
            {
                output.Notice($"{atSign} is not in the backup. To keep it: atsync atsign export {atSign} FILE --data '{restored.Replaced}', then import.");
            }

            return ExitCode.Done;
        });
    }
}
