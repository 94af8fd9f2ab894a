using System.CommandLine;
using AtSync.Client;
using AtSync.Protocol;

namespace AtSync.App.CommandLine;

/// <summary>
/// What <c>put</c> and <c>delete</c> do once their write is durable: push for a few seconds. An unreachable server is no failure, since the next
/// sync brings the write there; a refusal is one.
/// </summary>
internal sealed class PushAfterWrite
{
    private const double SecondsDefault = 5;

    private readonly Option<double?> _wait = new("--wait")
    {
        Description = $"Seconds to push for before leaving it to the next sync [default: {SecondsDefault}]; 0 only stores.",
        HelpName = "seconds",
    };

    public void AddTo(Command command)
    {
        _wait.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var seconds) && seconds is < 0 or > 86_400 or double.NaN)
            {
                result.AddError("--wait takes seconds from 0 to 86400.");
            }
        });
        command.Options.Add(_wait);
    }

    /// <summary>Pushes, then tells <c>{"stored":true,"pushed":…}</c> (or <paramref name="verb"/> in place of <c>stored</c>).</summary>
    public async Task<ExitCode> RunAsync(
        AtClient client, ParseResult arguments, ClientArguments at, Output output, string verb, CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromSeconds(arguments.GetValue(_wait) ?? SecondsDefault);
        Exception? failure = null;
        var pushed = false;
        var isForLater = false;
        if (!at.IsOffline(arguments) && wait > TimeSpan.Zero)
        {
            (pushed, failure, isForLater) = await TryPushAsync(client, wait, cancellationToken);
        }

        output.Result(
            writer =>
            {
                writer.WriteBoolean(verb, true);
                writer.WriteBoolean("pushed"u8, pushed);
            },
            pushed ? $"{verb}, pushed" : $"{verb}, not pushed yet");
        if (failure is null)
        {
            return ExitCode.Done;
        }

        var problem = Problem.Of(failure);
        if (isForLater || problem.Exit == ExitCode.Network)
        {
            output.Notice($"Not pushed yet, the next sync does it: {problem.Message}");
            return ExitCode.Done;
        }

        output.Error(problem);
        return problem.Exit;
    }

    private static async Task<(bool Pushed, Exception? Failure, bool IsForLater)> TryPushAsync(AtClient client, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(wait);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var result = await client.SyncAsync(stop.Token);
            if (result.Refused == 0)
            {
                var later = result.InSync ? null : await RefusedForNow.FindAsync(client, cancellationToken);
                return (later is null, later, later is not null);
            }

            var refused = await client.ListRefusedAsync(cancellationToken);
            var first = refused.FirstOrDefault(edit => edit.IsDead);
            return (first is null, first is null ? null : new AtException(AtFault.Refused, $"The server refused '{first.Key}': {first.Error.Detail}", first.Error.Code), false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, new AtException(AtFault.Network, $"the atServer did not answer in full within {wait.TotalSeconds:0.###} s."), false);
        }
        catch (AtException failure)
        {
            // A server without room is no failure of the write, which is safe here.
            return (false, failure, failure.Code == AtErrorCodes.DataStore);
        }
    }
}
