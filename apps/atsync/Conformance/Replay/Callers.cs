using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;

namespace AtSync.App.Conformance.Replay;

/// <summary>
/// Opens connections as the callers of transcripts. Devices are enrolled when they are first wanted and kept for the run. Used by one transcript
/// at a time.
/// </summary>
internal sealed class Callers(ConformanceOptions options) : IAsyncDisposable
{
    private readonly Dictionary<string, (string EnrollmentId, RsaPrivateKey Key)> _devices = [];
    private readonly Dictionary<string, RsaPrivateKey> _keys = [];
    private RsaPrivateKey? _peerSigningKey;

    /// <summary>Enrollments of this run that later transcripts use.</summary>
    public IEnumerable<string> EnrollmentIds => _devices.Values.Select(device => device.EnrollmentId);

    /// <summary>A connection of <paramref name="kind"/> to the server of <paramref name="owner"/> (or of the second atSign).</summary>
    /// <exception cref="RefusedException">The server does not let it in.</exception>
    public async Task<WireConnection> OpenAsync(string kind, Party owner, CancellationToken cancellationToken)
    {
        var at = kind is CallerKind.PeerOwner or CallerKind.PeerStranger ? PeerParty : owner;
        var dialled = await options.Network.DialAsync(at.Address, cancellationToken);
        var connection = new WireConnection(dialled, at.AtSign, ReferenceEquals(at, owner) ? options.Peer?.AtSign : owner.AtSign, options.Patience);
        try
        {
            var greeting = await connection.ReadAnswerAsync(cancellationToken);
            if (greeting != "@")
            {
                throw new RefusedException("the greeting is not @", greeting);
            }

            await LogInAsync(kind, at, connection, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What only the replayer knows: keys, ids and proofs. Null for a name that is no such thing.</summary>
    public string? ValueOf(string name, Party owner, string challenge)
    {
        var (who, what) = name.Split('.') is [var left, var right] ? (left, right) : ("", name);
        return (who, what) switch
        {
            ("", "alice") => owner.AtSign.Name,
            ("", "bob") => options.Peer?.AtSign.Name,
            ("", "digest") => owner.Secret is { } secret ? CramDigest.Compute(secret, challenge) : null,
            ("", "signature") => PkamSignature.Sign(challenge, owner.Key),
            ("", "signature512") => Convert.ToBase64String(owner.Key.Sign(Encoding.UTF8.GetBytes(challenge), HashAlgorithmName.SHA512)),
            ("owner", "id") => owner.EnrollmentId,
            ("owner", "public") => owner.Key.PublicSpkiBase64,
            (_, "id") => _devices.TryGetValue(who, out var device) ? device.EnrollmentId : null,
            (_, "signature") => PkamSignature.Sign(challenge, KeyOf(who)),
            (_, "public") => KeyOf(who).PublicSpkiBase64,
            _ => null,
        };
    }

    /// <summary>Signs a text with one of the run's own keys.</summary>
    public string Sign(string key, string text) => PkamSignature.Sign(text, KeyOf(key));

    /// <summary>As the second atSign's atServer does before it sends <c>pol</c>: signs the challenge and publishes the proof.</summary>
    public async Task PublishProofAsync(string proof, CancellationToken cancellationToken)
    {
        var parts = proof.Split(':');
        if (parts is not ["proof", var place, var challenge])
        {
            throw new RefusedException("from as another atSign", proof);
        }

        await using var peer = await OpenAsync(CallerKind.PeerOwner, PeerParty, cancellationToken);
        if (_peerSigningKey is null)
        {
            var answer = await AskAsync(peer, $"llookup:{PeerParty.AtSign}:signing_privatekey{PeerParty.AtSign}", cancellationToken);
            _peerSigningKey = answer.StartsWith("data:", StringComparison.Ordinal)
                ? new RsaPrivateKey(DataOf(answer).Trim())
                : throw new RefusedException("reading the signing key of the second atSign", answer);
        }

        var signature = Convert.ToBase64String(_peerSigningKey.Sign(Encoding.UTF8.GetBytes(challenge.Trim()), HashAlgorithmName.SHA256));
        await DoAsync(peer, $"update:ttl:60000:public:{place} {signature}", "publishing the proof of the second atSign", cancellationToken);
    }

    /// <summary>Sends one command and reads its answer.</summary>
    public static async Task<string> AskAsync(WireConnection connection, string command, CancellationToken cancellationToken)
    {
        await connection.SendAsync(Encoding.UTF8.GetBytes(command + "\n"), cancellationToken);
        return await connection.ReadAnswerAsync(cancellationToken);
    }

    /// <summary>The payload of a <c>data:</c> answer.</summary>
    public static string DataOf(string answer) => answer["data:".Length..answer.LastIndexOf('\n')];

    public ValueTask DisposeAsync()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        _peerSigningKey?.Dispose();
        return ValueTask.CompletedTask;
    }

    private Party PeerParty => options.Peer ?? throw new RefusedException("a second atSign is needed", "");

    private async Task LogInAsync(string kind, Party at, WireConnection connection, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case CallerKind.Stranger or CallerKind.PeerStranger:
                break;
            case CallerKind.Owner or CallerKind.PeerOwner:
                await PkamAsync(connection, at, at.Key, at.EnrollmentId, cancellationToken);
                break;
            case CallerKind.Pkam:
                await PkamAsync(connection, at, at.Key, null, cancellationToken);
                break;
            case CallerKind.Cram:
                var challenge = DataOf(await DoAsync(connection, $"from:{at.AtSign}", "from", cancellationToken));
                await DoAsync(connection, $"cram:{CramDigest.Compute(at.Secret ?? "", challenge)}", "log-in by the secret", cancellationToken);
                break;
            case CallerKind.Peer:
                await PublishProofAsync(DataOf(await DoAsync(connection, $"from:{PeerParty.AtSign}", "from as another atSign", cancellationToken)), cancellationToken);
                var answer = await AskAsync(connection, "pol", cancellationToken);
                if (answer != $"{PeerParty.AtSign}@")
                {
                    throw new RefusedException("pol", answer);
                }

                break;
            case var device when CallerKind.Devices.ContainsKey(device):
                var (id, key) = _devices.TryGetValue(device, out var known) ? known : await EnrollAsync(device, at, cancellationToken);
                await PkamAsync(connection, at, key, id, cancellationToken);
                break;
            default:
                throw new FormatException($"'{kind}' is no kind of caller");
        }
    }

    private async Task<(string EnrollmentId, RsaPrivateKey Key)> EnrollAsync(string device, Party at, CancellationToken cancellationToken)
    {
        await using var owner = await OpenAsync(CallerKind.Owner, at, cancellationToken);
        var otp = DataOf(await DoAsync(owner, "otp:get", "a passcode", cancellationToken));
        await using var stranger = await OpenAsync(CallerKind.Stranger, at, cancellationToken);
        var key = KeyOf(device);
        var answer = await DoAsync(
            stranger,
            $"enroll:request:{{\"appName\":\"{TestNames.Namespace}\",\"deviceName\":\"run-{device}\",\"namespaces\":{CallerKind.Devices[device]},\"otp\":\"{otp}\","
                + $"\"apkamPublicKey\":\"{key.PublicSpkiBase64}\",\"encryptedAPKAMSymmetricKey\":\"{device}symmetric\"}}",
            "an enrollment request",
            cancellationToken);
        using var document = JsonDocument.Parse(DataOf(answer));
        var id = document.RootElement.GetProperty("enrollmentId").GetString()!;
        await DoAsync(
            owner,
            $"enroll:approve:{{\"enrollmentId\":\"{id}\",\"encryptedDefaultEncryptionPrivateKey\":\"{device}private\",\"encryptedDefaultSelfEncryptionKey\":\"{device}self\"}}",
            "approving an enrollment",
            cancellationToken);
        return _devices[device] = (id, key);
    }

    private static async Task PkamAsync(WireConnection connection, Party at, RsaPrivateKey key, string? enrollmentId, CancellationToken cancellationToken)
    {
        var challenge = DataOf(await DoAsync(connection, $"from:{at.AtSign}", "from", cancellationToken));
        connection.Challenge = challenge;
        var id = enrollmentId is null ? "" : $"enrollmentId:{enrollmentId}:";
        await DoAsync(connection, $"pkam:{id}{PkamSignature.Sign(challenge, key)}", "log-in by a key", cancellationToken);
    }

    private static async Task<string> DoAsync(WireConnection connection, string command, string step, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(connection, command, cancellationToken);
        return answer.StartsWith("data:", StringComparison.Ordinal) ? answer : throw new RefusedException(step, answer);
    }

    private RsaPrivateKey KeyOf(string name) => _keys.TryGetValue(name, out var key) ? key : _keys[name] = options.NewKey();
}
