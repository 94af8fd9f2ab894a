using System.Diagnostics;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Demo;

/// <summary>Tells of each step in one line, with what it moved and how fast, and keeps it for the table at the end.</summary>
internal sealed class DemoSteps(Output output)
{
    private readonly List<Step> _steps = [];

    public IReadOnlyList<Step> Done => _steps;

    /// <summary>Runs a step with a bar while it lasts.</summary>
    /// <param name="name">Short name, for the table and for programs.</param>
    /// <param name="title">What happens, for people.</param>
    /// <param name="work">Returns what it moved and a word on the result.</param>
    public async Task RunAsync(string name, string title, Func<Action<long, long, string>, Task<StepOutcome>> work)
    {
        var start = Stopwatch.GetTimestamp();
        var outcome = await ProgressView.RunAsync(output, title, work);
        var step = new Step(name, title, outcome, Stopwatch.GetElapsedTime(start));
        _steps.Add(step);
        output.Result(writer => Write(writer, step), Text(step));
    }

    private static void Write(Utf8JsonWriter writer, Step step)
    {
        writer.WriteString("step"u8, step.Name);
        writer.WriteNumber("items"u8, step.Outcome.Items);
        writer.WriteNumber("bytes"u8, step.Outcome.Bytes);
        writer.WriteNumber("seconds"u8, Math.Round(step.Time.TotalSeconds, 3));
        writer.WriteString("result"u8, step.Outcome.Words);
    }

    private static string Text(Step step)
    {
        var moved = step.Outcome.Bytes > 0 ? $", {Sizes.Text(step.Outcome.Bytes)}, {Sizes.Rate(step.Outcome.Bytes, step.Time)}" : "";
        return $"  {step.Title,-62} {step.Outcome.Words}{moved}, {Sizes.Time(step.Time)}";
    }
}

/// <summary>A finished step.</summary>
internal sealed record Step(string Name, string Title, StepOutcome Outcome, TimeSpan Time);

/// <summary>What a step did.</summary>
/// <param name="Items">Files or records moved.</param>
/// <param name="Bytes">Content moved.</param>
/// <param name="Words">The result in words.</param>
internal readonly record struct StepOutcome(long Items, long Bytes, string Words);
