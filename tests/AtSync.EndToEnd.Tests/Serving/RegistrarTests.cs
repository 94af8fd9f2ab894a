using System.Threading.Channels;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.EndToEnd.Tests.Serving;

/// <summary>The atDirectory is kept true by comparing it with what is hosted.</summary>
public sealed class RegistrarTests : IAsyncLifetime
{
    private const int NotRegistered = 5000;
    private const int Registered = 5001;
    private static readonly AtSign _alice = AtSign.Parse("@alice");
    private static readonly HostPort _atAlice = new("alice.at.example.com", 6464);
    private readonly MemoryEngine _storage = new(SystemRandomSource.Instance);
    private readonly MemoryAddressBook _book = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly EventLog _log = new();
    private FlakyBook _flaky = null!;
    private readonly NamePlaces _places = new("at.example.com", 6464);
    private Registrar _registrar = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _flaky = new FlakyBook(_book);
        _registrar = new Registrar(_flaky, _storage, _places, _clock, _log);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _registrar.DisposeAsync();
        _places.Dispose();
    }

    [Fact]
    public async Task At_the_start_what_is_missing_is_added_what_moved_corrected_and_what_left_removed()
    {
        foreach (var name in new[] { "zoe", "alice", "\U0001F984", "\u0436", "moved" })
        {
            await _storage.AddAsync(AtSign.Parse(name), Token);
        }

        await _book.SetAsync(AtSign.Parse("@zoe"), "zoe.at.example.com:6464", Token);
        await _book.SetAsync(AtSign.Parse("@moved"), "moved.old.example.com:6464", Token);
        await _book.SetAsync(AtSign.Parse("@gone"), "gone.at.example.com:6464", Token);
        await _book.SetAsync(AtSign.Parse("@somebodys"), "somebodys.at.example.com:7000", Token);

        _registrar.Start();
        await _log.HasAsync(Registered);

        var entries = new List<string>();
        await foreach (var (atSign, address) in _book.ListAsync("", Token))
        {
            entries.Add($"{atSign} {address}");
        }

        Assert.Equal(
            [
                "@alice alice.at.example.com:6464", "@moved moved.at.example.com:6464", "@somebodys somebodys.at.example.com:7000",
                "@zoe zoe.at.example.com:6464", "@\u0436 xn--f1a.at.example.com:6464", "@\U0001F984 xn--3s9h.at.example.com:6464",
            ],
            entries);
    }

    [Fact]
    public async Task An_atDirectory_that_is_away_is_told_when_it_is_back()
    {
        await _storage.AddAsync(_alice, Token);
        _flaky.IsAway = true;

        Assert.False(await _registrar.RegisterAsync(_alice, _atAlice, Token));
        await _log.HasAsync(NotRegistered);
        _flaky.IsAway = false;
        while (!_log.Has(Registered))
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(_atAlice.ToString(), await _book.FindAsync(_alice, Token));
    }

    [Fact]
    public async Task What_is_elsewhere_by_now_is_left_alone()
    {
        await _book.SetAsync(_alice, "elsewhere:1", Token);

        Assert.True(await _registrar.UnregisterAsync(_alice, Token));

        Assert.Equal("elsewhere:1", await _book.FindAsync(_alice, Token));
    }

    [Fact]
    public async Task Who_is_hosted_again_is_not_taken_out()
    {
        await _storage.AddAsync(_alice, Token);
        Assert.True(await _registrar.RegisterAsync(_alice, _atAlice, Token));

        Assert.True(await _registrar.UnregisterAsync(_alice, Token));
        Assert.Equal(_atAlice.ToString(), await _book.FindAsync(_alice, Token));

        await _storage.RemoveAsync(_alice, Token);
        Assert.True(await _registrar.UnregisterAsync(_alice, Token));
        Assert.Null(await _book.FindAsync(_alice, Token));
    }

    [Theory]
    [InlineData("@alice", "alice.at.example.com:6464")]
    [InlineData("@\U0001F984", "xn--3s9h.at.example.com:6464")]
    [InlineData("@with_underscore", "with_underscore.at.example.com:6464")]
    [InlineData("@-dash-", null)]
    [InlineData("@%", null)]
    public async Task A_name_is_a_place_only_if_the_atSign_is_found_again_from_it(string name, string? expected)
    {
        using var places = new NamePlaces("at.example.com", 6464);
        Assert.Equal(expected, places.Find(AtSign.Parse(name))?.ToString());
        if (expected is null)
        {
            Assert.Contains("port-per-atSign", (await Assert.ThrowsAsync<ArgumentException>(async () => await places.OpenAsync(AtSign.Parse(name), Token))).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Can be away.</summary>
    private sealed class FlakyBook(IAddressBook inner) : IAddressBook
    {
        private volatile bool _isAway;

        public bool IsAway
        {
            set => _isAway = value;
        }

        private IAddressBook Inner => _isAway ? throw new NetworkException(NetworkFault.Unreachable, "away") : inner;

        public ValueTask<string?> FindAsync(AtSign atSign, CancellationToken cancellationToken) => Inner.FindAsync(atSign, cancellationToken);

        public ValueTask SetAsync(AtSign atSign, string address, CancellationToken cancellationToken) => Inner.SetAsync(atSign, address, cancellationToken);

        public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => Inner.RemoveAsync(atSign, cancellationToken);

        public IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(string after, CancellationToken cancellationToken) => Inner.ListAsync(after, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Remembers which events came.</summary>
    private sealed class EventLog : ILogger
    {
        private readonly Channel<int> _events = Channel.CreateUnbounded<int>();
        private readonly HashSet<int> _seen = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _events.Writer.TryWrite(eventId.Id);

        public bool Has(int id)
        {
            while (_events.Reader.TryRead(out var seen))
            {
                _seen.Add(seen);
            }

            return _seen.Contains(id);
        }

        public async Task HasAsync(int id)
        {
            while (!Has(id))
            {
                await _events.Reader.WaitToReadAsync(Token);
            }
        }
    }
}
