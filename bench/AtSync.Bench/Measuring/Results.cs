using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AtSync.Bench.Measuring;

/// <summary>Prints result lines: JSON with <c>--json</c>, else name and value for people.</summary>
internal sealed class Results(bool isJson)
{
    public void Repeat(string work, int n, int repeat, Measurement measurement) => Print(work, n, repeat, measurement);

    public void Median(string work, int n, Measurement median) => Print(work, n, null, median);

    private void Print(string work, int n, int? repeat, Measurement measurement) =>
        Console.Out.WriteLine(isJson ? Json(work, n, repeat, measurement) : Text(work, n, repeat, measurement));

    private static string Json(string work, int n, int? repeat, Measurement measurement)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("work"u8, work);
            writer.WriteNumber("n"u8, n);
            if (repeat is { } number)
            {
                writer.WriteNumber("rep"u8, number);
            }

            foreach (var (name, value) in measurement.Members)
            {
                writer.WriteNumber(name, Math.Round(value, 4));
            }

            if (repeat is null)
            {
                writer.WriteBoolean("median"u8, true);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static string Text(string work, int n, int? repeat, Measurement measurement) =>
        $"{work} n={n} {(repeat is null ? "median" : $"rep {repeat}")}  "
        + string.Join("  ", measurement.Members.Select(member => string.Create(CultureInfo.InvariantCulture, $"{member.Name} {Math.Round(member.Value, 3)}")));
}
