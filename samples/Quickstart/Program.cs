using AtSync.Client;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;

var alice = AtSign.Parse("@alice");
await using var client = await AtClient.OpenAsync(new AtClientOptions
{
    AtSign = alice,
    Keys = AtKeysFile.Load("@alice_key.atKeys", alice, passphrase: null),
    StoreDirectory = "phone",
    Directory = new HostPort("localhost", int.Parse(args[0])),
    Network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = ["data/ca/ca.pem"] }),
});

await client.PutAsync("milk.shopping", "two litres");            // sealed and on disk here, online or not
Console.WriteLine((await client.GetAsync("milk.shopping"))?.Text);
var round = await client.SyncAsync();                              // the server only ever sees what was sealed
Console.WriteLine($"in sync: {round.InSync}, pushed {round.Pushed}");
