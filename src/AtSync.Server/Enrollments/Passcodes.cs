using System.Security.Cryptography;
using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>
/// What a new device has to know before it may ask: a one-time passcode, good once and for minutes, or the semi-permanent one that the owner chose.
/// </summary>
internal sealed class Passcodes(IKeyStore store, TimeProvider clock, IRandomSource random)
{
    private const string Digits = "123456789";
    private const string Letters = "ABCDEFGHIJKLMNPQRSTUVWXYZ";
    private const int Length = 6;
    private const int LengthMax = 64;

    private string SemiPermanentKey => $"private:spp.__otp{store.Owner}";

    /// <summary>
    /// Makes a one-time passcode. No zero and no O, which people take for each other; always a digit. The error says that there is no room for it.
    /// </summary>
    public async ValueTask<(string Code, AtError? Error)> NewAsync(TimeSpan life)
    {
        var code = "";
        do
        {
            code = Draw();
        }
        while (code.AsSpan().IndexOfAnyInRange('1', '9') < 0);
        return (code, await PutAsync(KeyOf(code), "", clock.GetUtcNow() + life));
    }

    /// <summary>Sets the semi-permanent passcode, in the place of the one before. The error says that there is no room for it.</summary>
    public ValueTask<AtError?> SetSemiPermanentAsync(string code, TimeSpan? life) =>
        PutAsync(SemiPermanentKey, code, life is { } ends ? clock.GetUtcNow() + ends : null);

    /// <summary>Whether the passcode is right. A one-time one is used up by this.</summary>
    public async ValueTask<bool> TakeAsync(string? code, CancellationToken cancellationToken)
    {
        // What is too short or no word could only hit another key by accident.
        if (code is not { Length: >= Length and <= LengthMax } || !code.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            return false;
        }

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (await store.GetAsync(SemiPermanentKey, cancellationToken) is { HasValue: true } semiPermanent
            && !RecordLife.IsExpired(semiPermanent.Times, now) && IsSame(semiPermanent.Value.Span, code))
        {
            return true;
        }

        var take = new TakeChange(KeyOf(code), now);
        await store.ApplyAsync([take], CancellationToken.None);
        return take.WasValid;
    }

    private static bool IsSame(ReadOnlySpan<byte> stored, string code) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(stored).ToUpperInvariant()), Encoding.UTF8.GetBytes(code.ToUpperInvariant()));

    private string KeyOf(string code) => $"private:{code.ToLowerInvariant()}.__otp{store.Owner}";

    private string Draw()
    {
        const string alphabet = Digits + Letters;
        Span<char> code = stackalloc char[Length];
        Span<byte> one = stackalloc byte[1];
        for (var i = 0; i < code.Length;)
        {
            random.Fill(one);
            // Bytes beyond the last whole round would make the first characters likelier.
            if (one[0] < 256 / alphabet.Length * alphabet.Length)
            {
                code[i++] = alphabet[one[0] % alphabet.Length];
            }
        }

        return code.ToString();
    }

    private async ValueTask<AtError?> PutAsync(string key, string value, DateTimeOffset? expiresAt)
    {
        var change = ServerChange.Silent(key, Encoding.UTF8.GetBytes(value), clock.GetUtcNow().ToUnixTimeMilliseconds(), expiresAt);
        return (await store.ApplyAsync([new CountedChange(change)], CancellationToken.None))[0].Error;
    }

    /// <summary>Passcodes are made at the wish of clients, so they take from the atSign's room as records do.</summary>
    private sealed class CountedChange(StoreChange change) : StoreChange(change.Key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => change.Decide(current, currentCommitId);
    }

    /// <summary>Reads and deletes in one, so that two who send the same passcode at once are not both let in.</summary>
    private sealed class TakeChange(string key, long nowMs) : StoreChange(key)
    {
        public bool WasValid { get; private set; }

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
        {
            WasValid = current is not null && !RecordLife.IsExpired(current.Times, nowMs);
            return current is null ? ChangeDecision.Nothing : ChangeDecision.Delete(nowMs, logged: false);
        }
    }
}
