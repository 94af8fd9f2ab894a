using System.Globalization;

namespace AtSync.App.Configuration;

/// <summary>Times as people write them: a whole number and its unit, <c>250ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>, <c>30d</c>.</summary>
internal static class SettingDuration
{
    // From the greatest, in which a time is written when it is a whole number of them.
    private static readonly (string Unit, TimeSpan Of)[] _units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var unit = text.AsSpan(digits).Trim();
        foreach (var (name, of) in _units)
        {
            if (unit.SequenceEqual(name) && count <= TimeSpan.MaxValue.Ticks / of.Ticks)
            {
                value = TimeSpan.FromTicks(of.Ticks * count);
                return true;
            }
        }

        return false;
    }

    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var (unit, of) = _units.First(unit => value.Ticks % unit.Of.Ticks == 0 || unit.Unit == "ms");
        return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / of.Ticks}{unit}");
    }
}
