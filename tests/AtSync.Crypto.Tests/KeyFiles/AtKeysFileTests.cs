using AtSync.Protocol;

namespace AtSync.Crypto.Tests.KeyFiles;

public sealed class AtKeysFileTests : IDisposable
{
    private static readonly AtSign _alice = AtSign.Parse(KeyDocuments.Owner);

    private readonly TestFolder _folder = new();
    private readonly AtKeysFile _keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("a passphrase")]
    public void A_saved_file_is_loaded(string? passphrase)
    {
        var path = _folder.File("@alice🛠_key.atKeys");

        _keys.Save(path, _alice, passphrase, SystemRandomSource.Instance);

        Assert.Equal(_keys, AtKeysFile.Load(path, _alice, passphrase));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_saved_file_is_for_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var path = _folder.File("deep/er/keys.atKeys");

        _keys.Save(path, _alice, passphrase: null, SystemRandomSource.Instance);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("deep/er")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("deep")));
    }

    [Fact]
    public void An_existing_file_is_replaced_only_when_told()
    {
        var path = _folder.File("keys.atKeys");
        File.WriteAllText(path, "the only copy of other keys");

        var error = Assert.Throws<CryptoException>(() => _keys.Save(path, _alice, passphrase: null, SystemRandomSource.Instance));

        Assert.Equal(CryptoFault.Unreadable, error.Fault);
        Assert.Contains("already", error.Message, StringComparison.Ordinal);
        Assert.Equal("the only copy of other keys", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));

        _keys.Save(path, _alice, passphrase: null, SystemRandomSource.Instance, overwrite: true);

        Assert.Equal(_keys, AtKeysFile.Load(path, _alice, passphrase: null));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Of_two_writers_at_once_one_is_refused()
    {
        var path = _folder.File("keys.atKeys");
        var refused = 0;

        var writers = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            try
            {
                _keys.Save(path, _alice, passphrase: null, SystemRandomSource.Instance);
            }
            catch (CryptoException)
            {
                Interlocked.Increment(ref refused);
            }
        })).ToList();
        writers.ForEach(w => w.Start());
        writers.ForEach(w => w.Join());

        Assert.Equal(3, refused);
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_link_is_followed_so_that_no_old_keys_stay_behind()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var target = _folder.File("real.atKeys");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(_folder.File("link.atKeys"), target);

        _keys.Save(_folder.File("link.atKeys"), _alice, passphrase: null, SystemRandomSource.Instance, overwrite: true);

        Assert.Equal(_keys, AtKeysFile.Load(target, _alice, passphrase: null));
        Assert.NotNull(new FileInfo(_folder.File("link.atKeys")).LinkTarget);
    }

    [Fact]
    public void A_file_of_another_atSign_is_refused_by_both_names()
    {
        var path = _folder.File("keys.atKeys");
        _keys.Save(path, _alice, passphrase: null, SystemRandomSource.Instance);

        var error = Assert.Throws<CryptoException>(() => AtKeysFile.Load(path, AtSign.Parse("@bob"), passphrase: null));

        Assert.Equal(CryptoFault.OtherOwner, error.Fault);
        Assert.Contains("@bob", error.Message, StringComparison.Ordinal);
        Assert.Contains(KeyDocuments.Owner, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_say_whose_it_is_is_accepted()
    {
        var document = KeyDocuments.Flat();
        document.Remove(KeyDocuments.Owner);
        File.WriteAllBytes(_folder.File("keys.atKeys"), document.Utf8());

        Assert.Null(AtKeysFile.Load(_folder.File("keys.atKeys"), AtSign.Parse("@bob"), passphrase: null).AtSign);
    }

    [Fact]
    public void A_missing_file_a_folder_and_an_impossible_name_are_named()
    {
        foreach (var path in new[] { _folder.File("absent.atKeys"), _folder.File("no/such/folder.atKeys"), _folder.Path, _folder.File("x\0y") })
        {
            var error = Assert.Throws<CryptoException>(() => AtKeysFile.Load(path, _alice, passphrase: null));
            Assert.Equal(CryptoFault.Unreadable, error.Fault);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        var path = _folder.File("keys.atKeys");
        File.WriteAllText(path, "{\"aesPkam");

        var error = Assert.Throws<CryptoException>(() => AtKeysFile.Load(path, _alice, passphrase: null));

        Assert.Equal(CryptoFault.Malformed, error.Fault);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_far_too_large_is_refused_unread()
    {
        var path = _folder.File("keys.atKeys");
        using (var stream = File.Create(path))
        {
            stream.SetLength(1L << 40);
        }

        Assert.Contains("at most", Assert.Throws<CryptoException>(() => AtKeysFile.Load(path, _alice, passphrase: null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_can_not_be_made_is_a_clear_refusal()
    {
        File.WriteAllText(_folder.File("file"), "");

        Assert.Equal(
            CryptoFault.Unreadable,
            Assert.Throws<CryptoException>(() => _keys.Save(_folder.File("file/keys.atKeys"), _alice, passphrase: null, SystemRandomSource.Instance)).Fault);
    }
}
