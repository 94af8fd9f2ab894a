namespace AtSync.App.Drawing;

/// <summary>Sizes, times and rates for people.</summary>
internal static class Sizes
{
    public static string Text(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1_000_000 => $"{bytes / 1e3:0.0} kB",
        < 1_000_000_000 => $"{bytes / 1e6:0.0} MB",
        _ => $"{bytes / 1e9:0.00} GB",
    };

    public static string Rate(long bytes, TimeSpan time) => time > TimeSpan.Zero ? Text((long)(bytes / time.TotalSeconds)) + "/s" : "";

    public static string Time(TimeSpan time) => time.TotalSeconds < 1 ? $"{time.TotalMilliseconds:0} ms" : $"{time.TotalSeconds:0.0} s";
}
