using System.Text;
using System.Text.Json.Nodes;
using AtSync.Crypto.Algorithms;

namespace AtSync.Crypto.Tests.KeyFiles;

/// <summary>Documents of every form, built from the published flat one.</summary>
internal static class KeyDocuments
{
    public const string Owner = "@alice🛠";

    /// <summary>RSA keys of an enrollment other than the flat one.</summary>
    public static RsaPrivateKey OtherKey { get; } = new(Vector.Load("rsa-sign.json")["privateKey"]);

    public static JsonObject Flat() => JsonNode.Parse(Vector.Bytes("alice.atKeys"))!.AsObject();

    /// <summary>Form C: one enrollment with one authentication key of <paramref name="algorithm"/>.</summary>
    public static JsonObject Typed(string algorithm, string? status = "active", string enrollmentId = "new-enrollment")
    {
        var document = Flat();
        document["version"] = 1;
        document["atsign"] = Owner;
        document["atsignKeys"] = JsonNode.Parse("""[{"keyId":"root:mldsa65:1","material":[{"role":"someday","algorithm":"unheard","status":"odd","bytes":"AA==","x":1.50}]}]""");
        document["enrollments"] = new JsonArray(Enrollment(enrollmentId, algorithm, status));
        return document;
    }

    public static JsonObject Enrollment(string enrollmentId, string algorithm, string? status, int generation = 1)
    {
        var material = new JsonObject { ["role"] = "privateAuthentication", ["algorithm"] = algorithm, ["createdAt"] = "2026-08-01T00:00:00.000Z" };
        if (status is not null)
        {
            material["status"] = status;
        }

        material["bytes"] = algorithm == "rsa2048" ? OtherKey.Pkcs8Base64 : "AAAA";
        var half = new JsonObject { ["role"] = "publicAuthentication", ["algorithm"] = algorithm, ["bytes"] = algorithm == "rsa2048" ? OtherKey.PublicSpkiBase64 : "AAAA" };
        return new JsonObject
        {
            ["enrollmentId"] = enrollmentId,
            ["namespaces"] = new JsonObject { ["buzz"] = "rw" },
            ["appName"] = "app",
            ["deviceName"] = "device",
            ["keys"] = new JsonArray(new JsonObject { ["keyId"] = $"auth:{algorithm}:{generation}", ["material"] = new JsonArray(half, material) }),
        };
    }

    /// <summary>Form D: the same under the names of 3.3.</summary>
    public static JsonObject Typed33()
    {
        var document = Flat();
        document["version"] = 1;
        document["keys"] = new JsonArray(new JsonObject
        {
            ["keyId"] = "auth:rsa2048:1",
            ["enrollmentId"] = "new-enrollment",
            ["keyParts"] = new JsonArray(new JsonObject
            {
                ["keyPartType"] = "privateAuthentication",
                ["keyAlgorithmType"] = "rsa2048",
                ["createdAt"] = "2026-02-01T00:00:00.000Z",
                ["status"] = "active",
                ["operations"] = new JsonArray("sign"),
                ["bytes"] = OtherKey.Pkcs8Base64,
            }),
        });
        return document;
    }

    public static byte[] Utf8(this JsonNode document) => Encoding.UTF8.GetBytes(document.ToJsonString());
}
