using AtSync.Bench;

return await BenchCommands.RunAsync(args);
