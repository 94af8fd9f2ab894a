using System.Runtime.CompilerServices;
using AtSync.Crypto;
using AtSync.Storage;
using AtSync.Transport;

namespace AtSync.Client;

/// <summary>
/// What every public method does first and last: it leaves the caller's context once, so that a user interface may await the SDK while everything
/// below runs on the pool, and it turns what the floors below throw into <see cref="AtException"/>.
/// </summary>
internal static class Edge
{
    public static async Task RunAsync(Func<Task> work)
    {
        await new Leave();
        try
        {
            await work();
        }
        catch (Exception e) when (Translate(e) is { } translated)
        {
            throw translated;
        }
    }

    public static async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        await new Leave();
        try
        {
            return await work();
        }
        catch (Exception e) when (Translate(e) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>The SDK's own exception for one of the floors below; null for anything else, which passes as it is.</summary>
    public static AtException? Translate(Exception e) => e switch
    {
        StoreException store => new AtException(AtFault.Store, store.Message + Advice(store.Fault), inner: store),
        CryptoException crypto => new AtException(FaultOf(crypto.Fault), crypto.Message + Advice(crypto.Fault), inner: crypto),
        NetworkException network => new AtException(AtFault.Network, network.Message, inner: network),
        _ => null,
    };

    private static string Advice(StoreFault fault) => fault switch
    {
        StoreFault.Unreadable => " Check that the folder of the store exists and that you may read and write it.",
        StoreFault.Corrupt => " Without a copy, move the folder of the store away and sync again: everything that was pushed comes back; edits that were not are only in the old folder.",
        StoreFault.NewerVersion => " Use the newer program, or another store folder.",
        StoreFault.OtherOwner => " Name the store folder of this atSign, or a new one.",
        StoreFault.Locked => " Wait until the other process is done and try again.",
        _ => "",
    };

    private static string Advice(CryptoFault fault) => fault switch
    {
        CryptoFault.PassphraseNeeded => " Give the passphrase of the key file.",
        CryptoFault.OtherOwner => " Name the key file of this atSign.",
        CryptoFault.Unreadable => " Check the path of the key file and its permissions.",
        _ => "",
    };

    private static AtFault FaultOf(CryptoFault fault) => fault switch
    {
        CryptoFault.PassphraseNeeded or CryptoFault.WrongPassphrase or CryptoFault.Unreadable or CryptoFault.OtherOwner or CryptoFault.Malformed => AtFault.Keys,
        _ => AtFault.CannotOpen,
    };

    /// <summary>
    /// Goes on on the thread pool. A caller that has no context of its own is left at once and without a hop, since there is nothing to protect it from
    /// but the synchronous part of the work.
    /// </summary>
    internal readonly struct Leave : ICriticalNotifyCompletion
    {
        public Leave GetAwaiter() => this;

        public bool IsCompleted => SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static run => ((Action)run!)(), continuation);

        public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static run => ((Action)run!)(), continuation);
    }
}
