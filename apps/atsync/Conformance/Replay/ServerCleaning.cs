using System.Text.Json;

namespace AtSync.App.Conformance.Replay;

/// <summary>
/// Takes away what transcripts leave on a server: records of the namespace, notifications about them, enrollments of the app. A server of 2026 is
/// asked to drop them from the commit log as well; on an older one their tombstones stay, as after any deletion.
/// </summary>
/// <param name="callers">Opens connections.</param>
/// <param name="is2026">Whether the server takes the forms of 2026.</param>
internal sealed class ServerCleaning(Callers callers, bool is2026)
{
    /// <summary>Cleans one atSign.</summary>
    /// <param name="kind">Its owner, at the server that is cleaned.</param>
    /// <param name="owner">The atSign under test.</param>
    /// <param name="kept">Enrollments that stay for now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(string kind, Party owner, IReadOnlyCollection<string> kept, CancellationToken cancellationToken)
    {
        await using var connection = await callers.OpenAsync(kind, owner, cancellationToken);
        await RunAsync(connection, cancellationToken);
        await RemoveEnrollmentsAsync(connection, kept, cancellationToken);
    }

    /// <summary>Cleans the atSign of the secret: by the secret, or by the key that a transcript made the first one, once the secret is gone.</summary>
    public async Task RunAsync(Party secret, CancellationToken cancellationToken)
    {
        WireConnection connection;
        try
        {
            connection = await callers.OpenAsync(CallerKind.Cram, secret, cancellationToken);
        }
        catch (RefusedException)
        {
            connection = await callers.OpenAsync(CallerKind.Pkam, secret, cancellationToken);
        }

        await using (connection)
        {
            await RunAsync(connection, cancellationToken);
        }
    }

    private async Task RunAsync(WireConnection connection, CancellationToken cancellationToken)
    {
        await DeleteRecordsAsync(connection, cancellationToken);
        await RemoveNotificationsAsync(connection, cancellationToken);
    }

    private async Task DeleteRecordsAsync(WireConnection connection, CancellationToken cancellationToken)
    {
        var keys = await ListAsync(connection, $"scan:showhidden:true {TestNames.Namespace}", item => item.GetString()!, cancellationToken);
        if (is2026)
        {
            keys = [.. keys.Union(await ListAsync(connection, $"scan:cl:showhidden:true {TestNames.Namespace}", item => item.GetProperty("atKey").GetString()!, cancellationToken))];
        }

        // Enrollments go by their own verb.
        foreach (var key in keys.Where(key => !key.Contains(".__manage@", StringComparison.Ordinal)))
        {
            await Callers.AskAsync(connection, is2026 ? $"delete:nc:force:{key}" : $"delete:{key}", cancellationToken);
        }
    }

    private static async Task RemoveNotificationsAsync(WireConnection connection, CancellationToken cancellationToken)
    {
        foreach (var id in await ListAsync(connection, $"notify:list:{TestNames.Namespace}", item => item.GetProperty("id").GetString()!, cancellationToken))
        {
            await Callers.AskAsync(connection, $"notify:remove:{id}", cancellationToken);
        }
    }

    private static async Task RemoveEnrollmentsAsync(WireConnection connection, IReadOnlyCollection<string> kept, CancellationToken cancellationToken)
    {
        var answer = await Callers.AskAsync(connection, "enroll:list", cancellationToken);
        if (!answer.StartsWith("data:{", StringComparison.Ordinal))
        {
            return;
        }

        using var document = JsonDocument.Parse(Callers.DataOf(answer));
        foreach (var member in document.RootElement.EnumerateObject())
        {
            var id = member.Name.Split('.')[0];
            if (kept.Contains(id) || member.Value.GetProperty("appName").GetString() != TestNames.Namespace)
            {
                continue;
            }

            var ending = member.Value.GetProperty("status").GetString() switch
            {
                "pending" => "deny",
                "approved" => "revoke",
                _ => null,
            };
            if (ending is not null)
            {
                await Callers.AskAsync(connection, $"enroll:{ending}:{{\"enrollmentId\":\"{id}\"}}", cancellationToken);
            }

            await Callers.AskAsync(connection, $"enroll:delete:{{\"enrollmentId\":\"{id}\"}}", cancellationToken);
        }
    }

    private static async Task<List<string>> ListAsync(
        WireConnection connection, string command, Func<JsonElement, string> select, CancellationToken cancellationToken)
    {
        var answer = await Callers.AskAsync(connection, command, cancellationToken);
        if (!answer.StartsWith("data:[", StringComparison.Ordinal))
        {
            return [];
        }

        using var document = JsonDocument.Parse(Callers.DataOf(answer));
        return [.. document.RootElement.EnumerateArray().Select(select)];
    }
}
