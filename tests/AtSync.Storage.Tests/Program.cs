using AtSync.Storage.Tests;
using AtSync.Storage.Tests.Server;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

if (WritingChild.FolderFromEnvironment is { } folder)
{
    await WritingChild.WriteAsync(folder);
}

return args.Contains("-automated") || args.Contains("@@")
    ? await ConsoleRunner.Run(args)
    : await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
