using AtSync.App.CommandLine;
using Spectre.Console;

namespace AtSync.App.Drawing;

/// <summary>A bar for work that takes time, only where a person is watching.</summary>
internal static class ProgressView
{
    /// <summary>Runs the work; what it reports as (done, total, words) is drawn. A total of 0 is an unknown one.</summary>
    public static async Task<T> RunAsync<T>(Output output, string title, Func<Action<long, long, string>, Task<T>> work)
    {
        if (!output.IsDrawing)
        {
            return await work(static (_, _, _) => { });
        }

        return await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title), maxValue: 1);
                bar.IsIndeterminate = true;
                return await work((done, total, words) =>
                {
                    bar.IsIndeterminate = total <= 0;
                    bar.MaxValue = Math.Max(1, total);
                    bar.Value = Math.Min(done, total);
                    bar.Description = Markup.Escape($"{title}  {words}");
                });
            });
    }
}
