namespace AtSync.Crypto.KeyFiles;

/// <summary>The members of the flat document.</summary>
internal static class KeyMembers
{
    public const string PkamPublicKey = "aesPkamPublicKey";
    public const string PkamPrivateKey = "aesPkamPrivateKey";
    public const string EncryptionPublicKey = "aesEncryptPublicKey";
    public const string EncryptionPrivateKey = "aesEncryptPrivateKey";
    public const string SelfEncryptionKey = "selfEncryptionKey";
    public const string ApkamSymmetricKey = "apkamSymmetricKey";
    public const string EnrollmentId = "enrollmentId";

    /// <summary>Says whose keys they are, in typed documents. Flat ones have a member named as the atSign, with the self key as its value.</summary>
    public const string AtSign = "atsign";

    /// <summary>Whether the member belongs to the credential that logs in.</summary>
    public static bool IsCredential(string name) => name is PkamPublicKey or PkamPrivateKey or EnrollmentId;
}
