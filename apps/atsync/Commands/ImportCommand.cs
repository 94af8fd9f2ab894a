using System.CommandLine;
using AtSync.App.Bulk;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;
using AtSync.Client;

namespace AtSync.App.Commands;

/// <summary><c>atsync import</c>: writes every line of a file into the local secondary; the next sync pushes them.</summary>
internal static class ImportCommand
{
    /// <summary>Writes that share a transaction and its fsync.</summary>
    private const int BatchWrites = 2000;

    private const long BatchBytes = 4 * 1024 * 1024;

    public static Command Build()
    {
        var at = new ClientArguments();
        var file = new Argument<string>("file") { Description = "Lines {\"key\":…,\"value\":…}; - reads stdin.", HelpName = "FILE.jsonl" };
        var command = new Command("import", "Store every line of a file, durable and offline; 'atsync sync' pushes them.");
        at.AddTo(command);
        command.Arguments.Add(file);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var path = arguments.GetRequiredValue(file);
            await using var source = Open(path);
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            var stored = await ProgressView.RunAsync(output, "import", progress => StoreAsync(client, source, progress, cancellationToken));
            output.Result(writer => writer.WriteNumber("imported"u8, stored), $"{stored:N0} records stored; 'atsync sync' pushes them");
            return ExitCode.Done;
        });
    }

    private static async Task<long> StoreAsync(AtClient client, Stream source, Action<long, long, string> progress, CancellationToken cancellationToken)
    {
        var reader = new ImportReader(source);
        var length = source.CanSeek ? source.Length : 0;
        var batch = new List<AtWrite>(BatchWrites);
        var batchBytes = 0L;
        var stored = 0L;
        try
        {
            await foreach (var write in reader.ReadAsync(cancellationToken))
            {
                batch.Add(write);
                batchBytes += write.Value!.Bytes.Length;
                if (batch.Count >= BatchWrites || batchBytes >= BatchBytes)
                {
                    await FlushAsync();
                }
            }

            await FlushAsync();
            return stored;
        }
        catch (Exception failure) when (failure is CliException or AtException { Fault: AtFault.InvalidArgument } && stored > 0)
        {
            throw new CliException(ExitCode.Usage, $"{failure.Message} {stored:N0} records before it are stored; a second import of the same file writes them again.", failure);
        }

        async Task FlushAsync()
        {
            if (batch.Count > 0)
            {
                await client.WriteAsync(batch, cancellationToken);
                stored += batch.Count;
                batch.Clear();
                batchBytes = 0;
                progress(reader.Bytes, length, $"{stored:N0} records");
            }
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            return path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"The file '{path}' cannot be read: {failure.Message}");
        }
    }
}
