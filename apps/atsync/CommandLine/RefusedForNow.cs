using AtSync.Client;

namespace AtSync.App.CommandLine;

/// <summary>Edits that a server did not take this time, a full disk for example: they stay, and a later round tries them again.</summary>
internal static class RefusedForNow
{
    /// <summary>The first of them as a failure; null when there is none.</summary>
    public static async Task<AtException?> FindAsync(AtClient client, CancellationToken cancellationToken)
    {
        var waiting = (await client.ListRefusedAsync(cancellationToken)).Where(edit => !edit.IsDead).ToList();
        return waiting is [var first, ..]
            ? new AtException(
                AtFault.Refused,
                $"The atServer did not take {(waiting.Count == 1 ? "1 edit" : $"{waiting.Count:N0} edits")} for now, '{first.Key}' first: {first.Error.Detail.TrimEnd('.')}. Nothing is lost: a later sync sends what is left.",
                first.Error.Code)
            : null;
    }
}
