using System.Text.Json;
using AtSync.App.Conformance.Format;

namespace AtSync.App.Conformance.Replay;

/// <summary>
/// Replays transcripts against one atServer and gives a verdict on each. Whatever happens, the server is cleaned afterwards.
/// </summary>
/// <param name="options">Who and how.</param>
internal sealed class ConformanceRun(ConformanceOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan CleaningTime = TimeSpan.FromSeconds(60);

    private readonly Callers _callers = new(options);
    private bool? _is2026;
    private HashSet<string> _features = [];
    private string? _noPkam;

    /// <summary>Each verdict when it is there.</summary>
    /// <exception cref="RefusedException">The owner cannot log in at all.</exception>
    /// <exception cref="Transport.NetworkException">The server cannot be reached.</exception>
    public async IAsyncEnumerable<Verdict> RunAsync(
        IEnumerable<Transcript> transcripts, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken);
        try
        {
            // What a run that was cut short left behind.
            await CleanAsync([], cancellationToken);
            foreach (var transcript in transcripts)
            {
                yield return await RunOneAsync(transcript, cancellationToken);
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(CleaningTime);
            await CleanAsync([], limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _callers.DisposeAsync();

    private async Task<Verdict> RunOneAsync(Transcript transcript, CancellationToken cancellationToken)
    {
        var needsSecret = transcript.Requirements.Contains("secret") || transcript.Requirements.Contains("onboarding");
        if (WhyNot(transcript) is { } reason)
        {
            return new Verdict { Name = transcript.Name, Outcome = Outcome.Skipped, Reason = reason };
        }

        await using var run = new TranscriptRun(transcript, _callers, needsSecret ? options.Secret! : options.Owner, options);
        var verdict = await run.RunAsync(cancellationToken);
        await run.DisposeAsync();
        await CleanAsync([.. _callers.EnrollmentIds], cancellationToken);
        if (needsSecret)
        {
            await CleanSecretAsync(cancellationToken);
        }

        return verdict;
    }

    /// <summary>What a transcript needs and this run has not; null when it has all.</summary>
    private string? WhyNot(Transcript transcript)
    {
        foreach (var requirement in transcript.Requirements)
        {
            var reason = requirement.Split(' ') switch
            {
                ["peer"] => options.Peer is null ? "needs a second atSign (--peer-keys)" : null,
                ["secret"] => options.Secret is null ? "needs an atSign whose one-time secret is in force (--secret)" : null,
                ["onboarding"] => options is { MayOnboard: true, Secret: not null } ? null : "activates an atSign for good (--onboard, --secret)",
                ["pkam"] => _noPkam is null ? null : $"the key is not the atSign's first key: {_noPkam}",
                ["2026"] => _is2026 == true ? null : "the server takes the forms of 2024 only (scan:cl is unknown to it)",
                ["feature", var name] => _features.Contains(name) ? null : $"the server does not list {name} in info",
                _ => throw new FormatException($"{transcript.Name}: '{requirement}' is no requirement"),
            };
            if (reason is not null)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>Finds out what kind of server it is: by what it does, because a version means something only among servers of one maker.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await using var owner = await _callers.OpenAsync(CallerKind.Owner, options.Owner, cancellationToken);
        _is2026 = (await Callers.AskAsync(owner, $"scan:cl {TestNames.Namespace}", cancellationToken)).StartsWith("data:[", StringComparison.Ordinal);
        _features = Features(await Callers.AskAsync(owner, "info", cancellationToken));
        try
        {
            await using var first = await _callers.OpenAsync(CallerKind.Pkam, options.Owner, cancellationToken);
        }
        catch (RefusedException refused)
        {
            _noPkam = refused.Message;
        }
    }

    private static HashSet<string> Features(string info)
    {
        try
        {
            using var document = JsonDocument.Parse(Callers.DataOf(info));
            return document.RootElement.TryGetProperty("features", out var features)
                ? [.. features.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.Object).Select(each => each.GetProperty("name").GetString()!)]
                : [];
        }
        catch (Exception failure) when (failure is JsonException or ArgumentOutOfRangeException or InvalidOperationException or KeyNotFoundException)
        {
            // Information that cannot be read lists nothing.
            return [];
        }
    }

    private async Task CleanSecretAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new ServerCleaning(_callers, _is2026 == true).RunAsync(options.Secret!, cancellationToken);
        }
        catch (RefusedException)
        {
            // Neither secret nor key: the transcript has said so, and nothing was written.
        }
    }

    private async Task CleanAsync(IReadOnlyCollection<string> kept, CancellationToken cancellationToken)
    {
        var cleaning = new ServerCleaning(_callers, _is2026 == true);
        await cleaning.RunAsync(CallerKind.Owner, options.Owner, kept, cancellationToken);
        if (options.Peer is not null)
        {
            await cleaning.RunAsync(CallerKind.PeerOwner, options.Owner, kept, cancellationToken);
        }
    }
}
