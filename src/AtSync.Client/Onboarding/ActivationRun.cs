using System.Text;
using System.Text.Json;
using AtSync.Client.Remote;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;

namespace AtSync.Client.Onboarding;

/// <summary>
/// One activation. The order is what makes it safe: the key file is on disk before the server learns of the keys, and complete before the secret, the only
/// other way in, is deleted. Every step may be repeated, so a run that finds a key file looks where the last one stopped.
/// </summary>
/// <param name="options">What to activate.</param>
/// <param name="generatePair">Makes an RSA pair; tests have some ready.</param>
internal sealed class ActivationRun(ActivationOptions options, Func<RsaPrivateKey> generatePair)
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly DirectoryClient _directory = new(options.Network, options.Directory, options.TimeProvider);

    public async Task<AtKeysFile> RunAsync(CancellationToken cancellationToken)
    {
        var kept = File.Exists(options.KeyFile) ? AtKeysFile.Load(options.KeyFile, options.AtSign, options.Passphrase) : null;
        await RefuseOtherOwnerAsync(kept, cancellationToken);
        var keys = kept is not null && await FindEnrolledAsync(kept, cancellationToken) is { } enrolled
            ? enrolled
            : await EnrollAsync(kept, cancellationToken);

        await using var connection = await ConnectAsync(cancellationToken);
        await connection.PkamAsync(keys, cancellationToken);
        await PublishAsync(connection, keys, cancellationToken);
        await DeleteSecretAsync(connection, cancellationToken);
        return keys;
    }

    /// <summary>An atSign whose public key is there belongs to the holder of its keys.</summary>
    private async ValueTask RefuseOtherOwnerAsync(AtKeysFile? kept, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        var published = await AskAsync(connection, new LookupVerb { Key = "publickey", Owner = options.AtSign.Name }, cancellationToken);
        if (published is null || published == kept?.EncryptionPublicKey)
        {
            return;
        }

        throw new AtException(AtFault.Refused, kept is null
            ? $"{options.AtSign} is already activated. Use its key file, or enroll this device with it."
            : $"{options.AtSign} is already activated, with other keys than those in {options.KeyFile}. Use the key file of that activation.");
    }

    /// <summary>The kept keys, when the server knows them already; null when they have to be enrolled still.</summary>
    private async ValueTask<AtKeysFile?> FindEnrolledAsync(AtKeysFile kept, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        try
        {
            await connection.PkamAsync(kept, cancellationToken);
        }
        catch (AtException e) when (e.Fault == AtFault.Refused)
        {
            return null;
        }

        if (kept.EnrollmentId is not null)
        {
            return kept;
        }

        // The run before ended between the server's approval and its answer: the keys work by the old login, their enrollment is still to be named.
        return await FindEnrollmentIdAsync(connection, cancellationToken) is { } id
            ? Save(kept with { EnrollmentId = id })
            : await TryEnrollAsync(kept, cancellationToken);
    }

    /// <summary>Asks for an enrollment once more where the first one can't be named; keys without one still log in the old way.</summary>
    private async ValueTask<AtKeysFile> TryEnrollAsync(AtKeysFile kept, CancellationToken cancellationToken)
    {
        try
        {
            return await EnrollAsync(kept, cancellationToken);
        }
        catch (AtException e) when (e.Fault == AtFault.Refused)
        {
            return kept;
        }
    }

    /// <summary>Logs in with the secret, makes and saves the keys, and tells the server of them.</summary>
    private async ValueTask<AtKeysFile> EnrollAsync(AtKeysFile? kept, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectWithSecretAsync(cancellationToken);
        var keys = kept ?? Save(await GenerateAsync(cancellationToken));
        string id;
        try
        {
            id = await RequestAsync(connection, keys, options.DeviceName, cancellationToken);
        }
        catch (AtException e) when (e.Code == AtErrorCodes.InvalidSyntax)
        {
            return await EnrollOldAsync(keys, cancellationToken);
        }
        catch (AtException e) when (e.Code is AtErrorCodes.IllegalState or AtErrorCodes.InternalException)
        {
            // An earlier run may have left an enrollment of that name whose keys were never saved.
            id = await RequestAsync(connection, keys, $"{options.DeviceName}-{options.Random.NewHexId()[..8]}", cancellationToken);
        }

        return Save(keys with { EnrollmentId = id });
    }

    /// <summary>
    /// <c>enroll:request</c> on the secret's connection, which the server approves at once. The two keys in it are sealed under the APKAM key, each with an
    /// IV of its own: under one keystream, the well-known beginning of a private key would give away most of the self key.
    /// </summary>
    private async ValueTask<string> RequestAsync(RemoteConnection connection, AtKeysFile keys, string deviceName, CancellationToken cancellationToken)
    {
        var (privateKey, privateKeyIv) = Seal(keys, keys.EncryptionPrivateKey);
        var (selfKey, selfKeyIv) = Seal(keys, keys.SelfEncryptionKey);
        var parameters = new EnrollParams
        {
            AppName = options.AppName,
            DeviceName = deviceName,
            EncryptedDefaultEncryptionPrivateKey = privateKey,
            EncPrivateKeyIv = privateKeyIv,
            EncryptedDefaultSelfEncryptionKey = selfKey,
            SelfEncKeyIv = selfKeyIv,
            ApkamPublicKey = keys.PkamPublicKey,
        };
        var answer = await connection.SendAsync(
            new EnrollVerb { Operation = "request", Json = Encoding.UTF8.GetBytes(parameters.ToJson()) }, cancellationToken);
        using var document = Parse(answer, "enroll:request");
        var status = document.RootElement.TryGetProperty("status", out var text) ? text.GetString() : null;
        return status == "approved" && document.RootElement.TryGetProperty("enrollmentId", out var id) && id.GetString() is { Length: > 0 } named
            ? named
            : throw new AtException(AtFault.Refused, $"The atServer of {options.AtSign} did not approve the first enrollment; it says \"{status}\".");
    }

    /// <summary>Servers without enrollments: the login key is written by the secret's owner. On a new connection, for such a server may have closed the first one.</summary>
    private async ValueTask<AtKeysFile> EnrollOldAsync(AtKeysFile keys, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectWithSecretAsync(cancellationToken);
        await connection.SendAsync(
            new UpdateVerb { Key = "privatekey:at_pkam_publickey", Value = Encoding.ASCII.GetBytes(keys.PkamPublicKey!) }, cancellationToken);
        return keys;
    }

    private async ValueTask PublishAsync(RemoteConnection connection, AtKeysFile keys, CancellationToken cancellationToken)
    {
        var owner = options.AtSign.Name;
        var look = new LlookupVerb { IsPublic = true, Key = "publickey", Owner = owner };
        var published = await AskAsync(connection, look, cancellationToken);
        if (published is null)
        {
            await connection.SendAsync(
                new UpdateVerb
                {
                    Metadata = new AtMetadata { IsEncrypted = false },
                    IsPublic = true,
                    Key = "publickey",
                    Owner = owner,
                    Value = Encoding.ASCII.GetBytes(keys.EncryptionPublicKey),
                },
                cancellationToken);
            published = await AskAsync(connection, look, cancellationToken);
        }

        if (published != keys.EncryptionPublicKey)
        {
            throw new AtException(AtFault.Refused,
                $"The atServer of {options.AtSign} has another public key than the one in {options.KeyFile}; the secret was left in place. Use the key file of that activation.");
        }
    }

    private static async ValueTask DeleteSecretAsync(RemoteConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(new DeleteVerb { Key = "privatekey:at_secret" }, cancellationToken);
        }
        catch (AtException e) when (e.Code == AtErrorCodes.KeyNotFound)
        {
            // Deleted by the run before.
        }
    }

    /// <summary>The enrollment that an earlier run made, by its app and device; null when the server has none or does not list any.</summary>
    private async ValueTask<string?> FindEnrollmentIdAsync(RemoteConnection connection, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer;
        try
        {
            answer = await connection.SendAsync(new EnrollVerb { Operation = "list" }, cancellationToken);
        }
        catch (AtException e) when (e.Fault == AtFault.Refused)
        {
            return null;
        }

        using var document = Parse(answer, "enroll:list");
        foreach (var enrollment in document.RootElement.EnumerateObject())
        {
            if (enrollment.Value.ValueKind == JsonValueKind.Object
                && enrollment.Value.TryGetProperty("appName", out var app) && app.GetString() == options.AppName
                && enrollment.Value.TryGetProperty("deviceName", out var device) && device.GetString() == options.DeviceName)
            {
                // <id>.new.enrollments.__manage@alice
                return enrollment.Name.Split('.')[0];
            }
        }

        return null;
    }

    /// <summary>The four keys. Each RSA pair is a third of a second of one core: both at once, and not on a thread that others wait for.</summary>
    private async ValueTask<AtKeysFile> GenerateAsync(CancellationToken cancellationToken)
    {
        var pkam = Generate();
        var encryption = Generate();
        using var pkamPair = await pkam;
        using var encryptionPair = await encryption;
        using var self = SymmetricKey.Create(options.Random);
        using var apkam = SymmetricKey.Create(options.Random);
        return new AtKeysFile
        {
            AtSign = options.AtSign,
            PkamPublicKey = pkamPair.PublicSpkiBase64,
            PkamPrivateKey = pkamPair.Pkcs8Base64,
            EncryptionPublicKey = encryptionPair.PublicSpkiBase64,
            EncryptionPrivateKey = encryptionPair.Pkcs8Base64,
            SelfEncryptionKey = self.ToBase64(),
            ApkamSymmetricKey = apkam.ToBase64(),
        };

        Task<RsaPrivateKey> Generate() =>
            Task.Factory.StartNew(generatePair, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private AtKeysFile Save(AtKeysFile keys)
    {
        keys.Save(options.KeyFile, options.AtSign, options.Passphrase, options.Random, overwrite: File.Exists(options.KeyFile));
        return keys;
    }

    private (string Sealed, string Iv) Seal(AtKeysFile keys, string key)
    {
        var symmetric = keys.ApkamSymmetricKey
            ?? throw new AtException(AtFault.Keys, $"{options.KeyFile} has no apkamSymmetricKey, so that it can't be enrolled. Move it away and activate anew.");
        using var apkam = SymmetricKey.FromBase64(symmetric);
        Span<byte> iv = stackalloc byte[SymmetricKey.IvBytes];
        options.Random.Fill(iv);
        return (Encoding.ASCII.GetString(apkam.SealToBase64(Encoding.ASCII.GetBytes(key), iv)), Convert.ToBase64String(iv));
    }

    private async ValueTask<RemoteConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var address = await _directory.FindAsync(options.AtSign, cancellationToken);
        return await RemoteConnection.ConnectAsync(options.Network, address, options.AtSign, RequestTimeout, options.TimeProvider, cancellationToken);
    }

    private async ValueTask<RemoteConnection> ConnectWithSecretAsync(CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            await connection.CramAsync(options.Secret, cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (e is AtException { Fault: AtFault.Refused } refused)
            {
                throw new AtException(AtFault.Refused,
                    $"The atServer of {options.AtSign} refused the secret. Check it; a secret works until the atSign is activated, and then no more.",
                    refused.Code, refused);
            }

            throw;
        }
    }

    private static async ValueTask<string?> AskAsync(RemoteConnection connection, Verb command, CancellationToken cancellationToken)
    {
        try
        {
            var payload = await connection.SendAsync(command, cancellationToken);
            return payload.IsEmpty || payload.Span.SequenceEqual("null"u8) ? null : Encoding.UTF8.GetString(payload.Span);
        }
        catch (AtException e) when (e.Code == AtErrorCodes.KeyNotFound)
        {
            return null;
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> answer, string verb)
    {
        try
        {
            var document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new AtException(AtFault.Network, $"The atServer's answer to {verb} is not what the protocol says. Is it an atServer?");
    }
}
