using System.Security.Cryptography;

namespace AtSync.App.Hosting;

/// <summary>The one-time secret with which an atSign is activated: 64 hex digits from 256 random bits.</summary>
internal static class CramSecret
{
    public static string Make() => RandomNumberGenerator.GetHexString(64, lowercase: true);
}
