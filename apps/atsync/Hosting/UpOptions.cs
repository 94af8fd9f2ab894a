using AtSync.Protocol;

namespace AtSync.App.Hosting;

/// <summary>What <c>atsync up</c> is asked for.</summary>
/// <param name="Data">The data folder.</param>
/// <param name="DirectoryPort">Port of the atDirectory; null keeps the last one, else 6400; 0 keeps the last one, else a free one.</param>
/// <param name="FirstPort">Port of the first new atSign, counting up; 0 takes free ones.</param>
/// <param name="AtSigns">To be hosted besides those that already are.</param>
internal sealed record UpOptions(string Data, int? DirectoryPort, int FirstPort, IReadOnlyList<AtSign> AtSigns)
{
    public const int DirectoryPortDefault = 6400;
    public const int FirstPortDefault = 25_000;
}
