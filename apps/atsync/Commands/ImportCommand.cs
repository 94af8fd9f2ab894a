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
        var batch = new List<(AtWrite Write, long Line)>(BatchWrites);
        var batchBytes = 0L;
        var stored = 0L;
        try
        {
            await foreach (var write in reader.ReadAsync(cancellationToken))
            {
                batch.Add((write, reader.Lines));
                batchBytes += write.Value!.Bytes.Length;
                if (batch.Count >= BatchWrites || batchBytes >= BatchBytes)
                {
                    await FlushAsync();
                }
            }

            await FlushAsync();
            return stored;
        }
        catch (Exception failure) when (failure is CliException or AtException)
        {
            // What was read before a bad line is as good as what was stored before it.
            var problem = Problem.Of(failure);
            if (failure is CliException)
            {
                await FlushAsync();
            }

            var rest = stored > 0 ? $" {stored:N0} records before it are stored; a second import of the same file writes them again." : " Nothing was stored.";
            throw new CliException(problem.Exit, problem.Message + rest, failure);
        }

        async Task FlushAsync()
        {
            var writes = batch.ToArray();
            batch.Clear();
            batchBytes = 0;
            await WriteAsync(writes);
            progress(reader.Bytes, length, $"{stored:N0} records");
        }

        // All or none; when one write is bad, halves are tried until it is found, so that its line can be named.
        async Task WriteAsync(ReadOnlyMemory<(AtWrite Write, long Line)> writes)
        {
            if (writes.Length == 0)
            {
                return;
            }

            try
            {
                await client.WriteAsync([.. writes.ToArray().Select(each => each.Write)], cancellationToken);
                stored += writes.Length;
            }
            catch (AtException failure) when (failure.Fault is AtFault.InvalidArgument or AtFault.Refused)
            {
                if (writes.Length == 1)
                {
                    throw new CliException(Problem.Of(failure).Exit, ImportReader.Bad(writes.Span[0].Line, failure.Message).Message, failure);
                }

                var half = writes.Length / 2;
                await WriteAsync(writes[..half]);
                await WriteAsync(writes[half..]);
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
