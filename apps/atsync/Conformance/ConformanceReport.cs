using AtSync.App.CommandLine;
using AtSync.App.Conformance.Replay;
using AtSync.App.Drawing;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Conformance;

/// <summary>Verdicts as they come, and the table of them at the end; with <c>--json</c> one object a transcript and one in the end.</summary>
internal sealed class ConformanceReport(Output output)
{
    private readonly List<Verdict> _verdicts = [];

    public void Add(Verdict verdict)
    {
        _verdicts.Add(verdict);
        if (!output.IsJson)
        {
            if (output.IsDrawing)
            {
                output.Notice($"{WordOf(verdict)} {verdict.Name}");
            }

            return;
        }

        output.Json(writer =>
        {
            writer.WriteString("transcript"u8, verdict.Name);
            writer.WriteString("verdict"u8, WordOf(verdict));
            if (verdict.Line is { } line)
            {
                writer.WriteNumber("line"u8, line);
                writer.WriteString("sent"u8, verdict.Sent);
                writer.WriteString("expected"u8, verdict.Expected);
                writer.WriteString("received"u8, verdict.Received);
            }

            if (verdict.Reason is { } reason)
            {
                writer.WriteString("reason"u8, reason);
            }

            writer.WriteStartArray("answersOf"u8);
            foreach (var server in GenerationsOf(verdict))
            {
                writer.WriteStringValue(server);
            }

            writer.WriteEndArray();
        });
    }

    public ExitCode Complete(AtSign atSign, HostPort address)
    {
        var (passed, deviating, skipped) = (Count(Outcome.Passed), Count(Outcome.Deviates), Count(Outcome.Skipped));
        if (output.IsJson)
        {
            output.Json(writer =>
            {
                writer.WriteBoolean("ok"u8, deviating == 0);
                writer.WriteString("atSign"u8, atSign.ToString());
                writer.WriteString("server"u8, address.ToString());
                writer.WriteNumber("passed"u8, passed);
                writer.WriteNumber("deviating"u8, deviating);
                writer.WriteNumber("skipped"u8, skipped);
            });
        }
        else
        {
            Tables.Rows(output, ["transcript", "verdict", ""], [.. _verdicts.Select(verdict => new[] { verdict.Name, WordOf(verdict), NoteOn(verdict) })]);
            foreach (var verdict in _verdicts.Where(verdict => verdict.Outcome == Outcome.Deviates))
            {
                output.Text("");
                output.Text(verdict.Describe());
            }

            output.Text($"{atSign} at {address}: {passed} passed, {deviating} deviate{(deviating == 1 ? "s" : "")}, {skipped} skipped");
        }

        return deviating == 0 ? ExitCode.Done : ExitCode.Refused;
    }

    private int Count(Outcome outcome) => _verdicts.Count(verdict => verdict.Outcome == outcome);

    private static string WordOf(Verdict verdict) => verdict.Outcome.ToString().ToLowerInvariant();

    private static string NoteOn(Verdict verdict) => verdict.Outcome switch
    {
        Outcome.Deviates => $"line {verdict.Line}: {verdict.Reason}",
        Outcome.Skipped => verdict.Reason!,
        _ => GenerationsOf(verdict) is [_, ..] words ? $"answers as {string.Join(" and ", words)}" : "",
    };

    /// <summary>Which servers answer so, where they differ: those that every answer of this kind was of, if there are such.</summary>
    private static string[] GenerationsOf(Verdict verdict)
    {
        var met = verdict.Alternatives.Select(each => each.Servers).Where(servers => servers.Count < Format.Servers.All.Length).ToList();
        if (met.Count == 0)
        {
            return [];
        }

        var common = met.Aggregate(Format.Servers.All.AsEnumerable(), (left, right) => left.Intersect(right)).ToArray();
        return common.Length > 0 ? common : [.. met.SelectMany(servers => servers).Distinct().Order(StringComparer.Ordinal)];
    }
}
