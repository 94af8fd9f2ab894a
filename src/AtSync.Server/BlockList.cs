using System.Text.Json;
using System.Text.Json.Nodes;
using AtSync.Protocol;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server;

/// <summary>The atSigns that an atSign does not talk to, in one record: <c>{"blockList":["@bob"]}</c>, as typed.</summary>
internal sealed class BlockList(IKeyStore store, TimeProvider clock)
{
    private const string Member = "blockList";

    private string Key => $"private:blocklist{store.Owner}";

    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        Read(await store.GetAsync(Key, cancellationToken));

    public async ValueTask<bool> HoldsAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        foreach (var entry in await ListAsync(cancellationToken))
        {
            if (IsSame(entry, atSign.ToString()))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds what is not there yet; the own atSign is passed over.</summary>
    public ValueTask AddAsync(IEnumerable<string> atSigns) => ChangeAsync(listed =>
        [.. listed, .. atSigns.Where(added => !IsSame(added, store.Owner.ToString()) && !listed.Any(entry => IsSame(entry, added)))]);

    public ValueTask RemoveAsync(IReadOnlyList<string> atSigns) => ChangeAsync(listed =>
        [.. listed.Where(entry => !atSigns.Any(removed => IsSame(entry, removed)))]);

    private async ValueTask ChangeAsync(Func<IReadOnlyList<string>, List<string>> change) =>
        await store.ApplyAsync([new ListChange(Key, change, clock.GetUtcNow().ToUnixTimeMilliseconds())], CancellationToken.None);

    private static bool IsSame(string one, string other) =>
        AtSign.TryParse(one, out var first, out _) && AtSign.TryParse(other, out var second, out _) && first == second;

    private static IReadOnlyList<string> Read(StoredRecord? record)
    {
        try
        {
            return record is { HasValue: true } && JsonNode.Parse(record.Value.Span) is JsonObject document && document[Member] is JsonArray entries
                ? [.. entries.Select(entry => entry?.GetValueKind() == JsonValueKind.String ? entry.GetValue<string>() : null).OfType<string>()]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Reads and writes in one, so that two who change the list at once do not undo each other.</summary>
    private sealed class ListChange(string key, Func<IReadOnlyList<string>, List<string>> change, long nowMs) : StoreChange(key)
    {
        public override bool IsExempt => true;

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
        {
            var listed = change(Read(current));
            return ServerChange.Silent(Key, EnrollmentDocument.Write(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray(Member);
                listed.ForEach(json.WriteStringValue);
                json.WriteEndArray();
                json.WriteEndObject();
            }), nowMs).Decide(current, currentCommitId);
        }
    }
}
