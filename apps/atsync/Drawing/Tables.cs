using AtSync.App.CommandLine;
using Spectre.Console;

namespace AtSync.App.Drawing;

/// <summary>Tables for people; plain lines where nobody is watching.</summary>
internal static class Tables
{
    /// <summary>Names and values below each other.</summary>
    public static void Facts(Output output, params IEnumerable<(string Name, string Value)> facts)
    {
        if (!output.IsDrawing)
        {
            foreach (var (name, value) in facts)
            {
                output.Text($"{name}: {value}");
            }

            return;
        }

        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumns("", "");
        foreach (var (name, value) in facts)
        {
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Rows below a head; cells separated by tabs where nobody is watching.</summary>
    public static void Rows(Output output, IReadOnlyList<string> head, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (!output.IsDrawing)
        {
            output.Text(string.Join('\t', head));
            foreach (var row in rows)
            {
                output.Text(string.Join('\t', row));
            }

            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns([.. head.Select(Markup.Escape)]);
        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(table);
    }
}
