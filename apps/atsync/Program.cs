using AtSync.App.CommandLine;

return await Cli.RunAsync(args);
