using CsCheck;

namespace AtSync.Protocol.Tests;

/// <summary>Small generators that several tests share.</summary>
internal static class Any
{
    public static Gen<string> Of(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
