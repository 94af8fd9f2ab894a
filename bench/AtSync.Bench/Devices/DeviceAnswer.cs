using System.Text.Json;

namespace AtSync.Bench.Devices;

/// <summary>What a device process answers to one command.</summary>
/// <param name="StartTicks">The system's monotonic clock when the work began, comparable between processes of one machine.</param>
/// <param name="Seconds">How long the work took.</param>
/// <param name="CpuSeconds">CPU time of the process over the work, all threads.</param>
/// <param name="PeakMb">Highest resident memory of the process so far.</param>
/// <param name="Bytes">Application bytes of the work, all connections, both directions.</param>
/// <param name="RoundTrips">Round trips of the work.</param>
/// <param name="Items">Records the work moved or met.</param>
/// <param name="Conflicts">Conflicts that came up.</param>
/// <param name="Problem">Why it failed, or null.</param>
internal sealed record DeviceAnswer(
    long StartTicks, double Seconds, double CpuSeconds, double PeakMb, long Bytes, long RoundTrips, long Items, long Conflicts, string? Problem)
{
    public string ToLine()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("start"u8, StartTicks);
            writer.WriteNumber("seconds"u8, Seconds);
            writer.WriteNumber("cpu"u8, CpuSeconds);
            writer.WriteNumber("peak"u8, PeakMb);
            writer.WriteNumber("bytes"u8, Bytes);
            writer.WriteNumber("trips"u8, RoundTrips);
            writer.WriteNumber("items"u8, Items);
            writer.WriteNumber("conflicts"u8, Conflicts);
            writer.WriteString("problem"u8, Problem);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    public static DeviceAnswer Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new DeviceAnswer(
            root.GetProperty("start"u8).GetInt64(),
            root.GetProperty("seconds"u8).GetDouble(),
            root.GetProperty("cpu"u8).GetDouble(),
            root.GetProperty("peak"u8).GetDouble(),
            root.GetProperty("bytes"u8).GetInt64(),
            root.GetProperty("trips"u8).GetInt64(),
            root.GetProperty("items"u8).GetInt64(),
            root.GetProperty("conflicts"u8).GetInt64(),
            root.GetProperty("problem"u8).GetString());
    }
}
