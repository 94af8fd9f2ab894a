namespace AtSync.App.Configuration;

/// <summary>Adds the keys of one section to a table: each with the way to and from the part of the settings that holds them.</summary>
internal sealed class SettingSection<TSettings, TPart>(
    List<Setting<TSettings>> keys, string section, bool isHot, Func<TSettings, TPart> part, Func<TSettings, TPart, TSettings> withPart)
{
    public void Add<T>(string name, string description, SettingKind<T> kind, Func<TPart, T> get, Func<TPart, T, TPart> set, bool? isHotItself = null) =>
        keys.Add(new Setting<TSettings, T>(
            section.Length > 0 ? $"{section}.{name}" : name,
            description,
            kind,
            settings => get(part(settings)),
            (settings, value) => withPart(settings, set(part(settings), value)),
            isHotItself ?? isHot));

    public void Flag(string name, string description, Func<TPart, bool> get, Func<TPart, bool, TPart> set) =>
        Add(name, description, SettingKind.Flag, get, set);

    public void Number(string name, string description, Func<TPart, int> get, Func<TPart, int, TPart> set, int min, int max, bool? isHotItself = null) =>
        Add(name, description, SettingKind.Number(min, max, ""), value => get(value), (value, number) => set(value, (int)number), isHotItself);

    public void Bytes(string name, string description, Func<TPart, int> get, Func<TPart, int, TPart> set, int min, int max = 1 << 30, bool? isHotItself = null) =>
        Add(name, description, SettingKind.Number(min, max, " (bytes)"), value => get(value), (value, number) => set(value, (int)number), isHotItself);

    public void Time(string name, string description, Func<TPart, TimeSpan> get, Func<TPart, TimeSpan, TPart> set, bool? isHotItself = null) =>
        Add(name, description, SettingKind.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(3650)), get, set, isHotItself);
}
