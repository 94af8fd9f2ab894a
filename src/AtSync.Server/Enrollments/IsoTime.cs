using System.Globalization;

namespace AtSync.Server.Enrollments;

/// <summary>Times in the answers of <c>enroll</c>: ISO 8601, UTC, milliseconds; their order as text is their order in time.</summary>
internal static class IsoTime
{
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
