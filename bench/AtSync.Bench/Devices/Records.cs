using System.Globalization;

namespace AtSync.Bench.Devices;

/// <summary>The records of all workloads: keys <c>note.&lt;i&gt;.app</c>, values of 200 characters.</summary>
internal static class Records
{
    public const int ValueLength = 200;

    public static string Key(int i) => string.Create(CultureInfo.InvariantCulture, $"note.{i}.app");

    /// <summary>Different for each record and tag, never empty, always as long.</summary>
    public static string Value(int i, string tag) =>
        string.Create(CultureInfo.InvariantCulture, $"{tag} {i} ").PadRight(ValueLength, (char)('a' + (i % 26)));
}
