using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Demo;
using AtSync.App.Drawing;

namespace AtSync.App.Commands;

/// <summary><c>atsync demo</c>: everything at once on real files, in a temporary folder that is gone afterwards.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var folder = new Argument<string?>("folder") { Description = "Files to work on; they are only read.", HelpName = "FOLDER", Arity = ArgumentArity.ZeroOrOne };
        var temp = new Option<string?>("--temp") { Description = "Where temporary data goes [default: the system's folder for it].", HelpName = "dir" };
        return new Command("demo", "Show it all on your own files: store offline, sync, conflict, lose a device, restore, compare.") { folder, temp }
            .With(async (arguments, output, cancellationToken) =>
            {
                var source = DemoSource.Find(arguments.GetValue(folder));
                var parent = Path.GetFullPath(arguments.GetValue(temp) ?? Path.GetTempPath());
                System.IO.Directory.CreateDirectory(parent);
                source.RequireSpace(parent);
                var work = System.IO.Directory.CreateDirectory(Path.Combine(parent, "atsync-demo-" + Path.GetRandomFileName())).FullName;
                try
                {
                    if (!output.IsJson)
                    {
                        output.Text($"{source.Files:N0} files, {Sizes.Text(source.Bytes)}, from {string.Join(" and ", source.Folders)}");
                    }

                    var report = await new DemoRun(source, work, output).RunAsync(cancellationToken);
                    report.Tell(output);
                    return report.Equal ? ExitCode.Done : ExitCode.Refused;
                }
                finally
                {
                    System.IO.Directory.Delete(work, recursive: true);
                }
            });
    }
}
