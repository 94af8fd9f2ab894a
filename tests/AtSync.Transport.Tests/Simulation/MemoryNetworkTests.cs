using AtSync.Simulation;

namespace AtSync.Transport.Tests.Simulation;

public sealed class MemoryNetworkTests
{
    private static readonly HostPort _address = new("alice.example", 6464);

    private readonly MemoryNetwork _network = new();

    [Fact]
    public async Task A_dial_runs_the_handler_up_to_its_first_wait_before_it_returns()
    {
        var order = new List<string>();
        using var listening = _network.Listen(_address, async connection =>
        {
            order.Add("handler");
            await connection.ReceiveToEndAsync();
            order.Add("handler ends");
        });

        await using var connection = await _network.DialAsync(_address, PipeText.Token);
        order.Add("dialled");
        await connection.DisposeAsync();

        Assert.Equal(["handler", "dialled", "handler ends"], order);
    }

    [Fact]
    public async Task Host_names_compare_without_case()
    {
        using var listening = _network.Listen(_address, connection => connection.SendAsync(connection.ServerName).AsTask());

        await using var connection = await _network.DialAsync(_address with { Host = "ALICE.example" }, PipeText.Token);

        Assert.Equal("alice.example", await connection.ReceiveToEndAsync());
    }

    [Fact]
    public async Task Where_nobody_listens_a_dial_is_refused()
    {
        Assert.Equal(NetworkFault.Unreachable, (await FailureAsync()).Fault);

        using (_network.Listen(_address, Wait))
        {
            _network.IsDown = true;
            Assert.Equal(NetworkFault.Unreachable, (await FailureAsync()).Fault);
            _network.IsDown = false;
            await using var connection = await _network.DialAsync(_address, PipeText.Token);
            Assert.Equal(1, _network.DialCount);
        }

        Assert.Equal(NetworkFault.Unreachable, (await FailureAsync()).Fault);
    }

    [Fact]
    public async Task A_planned_fault_is_the_one_that_is_seen()
    {
        using var listening = _network.Listen(_address, Wait);

        _network.Fail(_address, NetworkFault.WrongHostName);
        Assert.Equal(NetworkFault.WrongHostName, (await FailureAsync()).Fault);
        _network.Fail(_address, null);
        await using var connection = await _network.DialAsync(_address, PipeText.Token);
    }

    [Fact]
    public void An_address_is_listened_on_once()
    {
        using var listening = _network.Listen(_address, Wait);

        Assert.Equal(NetworkFault.PortInUse, Assert.Throws<NetworkException>(() => _network.Listen(_address, Wait)).Fault);
    }

    [Fact]
    public async Task When_the_network_goes_every_connection_is_cut()
    {
        using var listening = _network.Listen(_address, Wait);
        await using var first = await _network.DialAsync(_address, PipeText.Token);
        await using var second = await _network.DialAsync(_address, PipeText.Token);
        Assert.Equal(2, _network.Connections.Count);

        _network.CutAll();

        Assert.Empty(_network.Connections);
        await Assert.ThrowsAsync<NetworkException>(() => first.ReceiveToEndAsync());
        await Assert.ThrowsAsync<NetworkException>(() => second.ReceiveToEndAsync());
        await _network.WhenHandlersEndedAsync();
        Assert.Empty(_network.HandlerFailures);
    }

    [Fact]
    public async Task What_a_handler_throws_is_kept_and_breaks_its_connection()
    {
        using var listening = _network.Listen(_address, _ => throw new InvalidOperationException("a fault of the server"));

        await using var connection = await _network.DialAsync(_address, PipeText.Token);

        await Assert.ThrowsAsync<NetworkException>(() => connection.ReceiveToEndAsync());
        Assert.Equal("a fault of the server", Assert.Single(_network.HandlerFailures).Message);
    }

    [Fact]
    public async Task A_cut_can_be_planned_before_the_first_byte()
    {
        _network.Connecting = (_, connection) => connection.CutAfterReceived(1);
        using var listening = _network.Listen(_address, connection => connection.SendAsync("@alice@").AsTask());

        await using var connection = await _network.DialAsync(_address, PipeText.Token);

        await Assert.ThrowsAsync<NetworkException>(() => connection.ReceiveToEndAsync());
        Assert.Equal(1, connection.Bytes.Received);
    }

    [Fact]
    public async Task A_dial_that_is_called_off_reaches_nobody()
    {
        using var listening = _network.Listen(_address, Wait);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _network.DialAsync(_address, new CancellationToken(canceled: true)));

        Assert.Equal(0, _network.DialCount);
    }

    private static Task Wait(IConnection connection) => connection.ReceiveToEndAsync();

    private async Task<NetworkException> FailureAsync() =>
        await Assert.ThrowsAsync<NetworkException>(async () => await _network.DialAsync(_address, PipeText.Token));
}
