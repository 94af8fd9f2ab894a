using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Demo;

/// <summary>How the demo ended.</summary>
internal sealed record DemoReport(
    bool Equal,
    long Files,
    long Bytes,
    long Restored,
    long Conflicts,
    IReadOnlyList<string> Problems,
    IReadOnlyList<(string Path, string Reason)> Skipped,
    IReadOnlyList<string> ChangedMeanwhile,
    IReadOnlyList<Step> Steps)
{
    private const int LinesMax = 20;

    private TimeSpan Total => TimeSpan.FromTicks(Steps.Sum(step => step.Time.Ticks));

    /// <summary>The table, or the last JSON line.</summary>
    public void Tell(Output output)
    {
        foreach (var (path, reason) in Skipped.Take(LinesMax))
        {
            output.Notice($"skipped: {path}: {reason}");
        }

        foreach (var path in ChangedMeanwhile.Take(LinesMax))
        {
            output.Notice($"changed while the demo ran, not compared: {path}");
        }

        foreach (var problem in Problems.Take(LinesMax))
        {
            output.Notice($"problem: {problem}");
        }

        if (output.IsJson)
        {
            output.Json(Write);
            return;
        }

        output.Text("");
        Tables.Rows(
            output,
            ["step", "items", "size", "time", "rate"],
            [.. Steps.Select(step => new[]
            {
                step.Name,
                $"{step.Outcome.Items:N0}",
                step.Outcome.Bytes > 0 ? Sizes.Text(step.Outcome.Bytes) : "",
                Sizes.Time(step.Time),
                step.Outcome.Bytes > 0 ? Sizes.Rate(step.Outcome.Bytes, step.Time) : "",
            })]);
        output.Text(Equal
            ? $"All {Restored:N0} files ({Sizes.Text(Bytes)}) came back, every byte equal; {Conflicts:N0} conflict, nothing lost. {Sizes.Time(Total)} in all."
            : $"NOT EQUAL: {Problems.Count:N0} problems.");
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("ok"u8, Equal);
        writer.WriteNumber("files"u8, Files);
        writer.WriteNumber("bytes"u8, Bytes);
        writer.WriteNumber("restored"u8, Restored);
        writer.WriteBoolean("equal"u8, Equal);
        writer.WriteNumber("conflicts"u8, Conflicts);
        writer.WriteNumber("skipped"u8, Skipped.Count);
        writer.WriteNumber("changedMeanwhile"u8, ChangedMeanwhile.Count);
        writer.WriteNumber("seconds"u8, Math.Round(Total.TotalSeconds, 3));
    }
}
