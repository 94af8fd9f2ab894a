using System.Net;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// Counts open connections, in all and per address, and says when it is enough. A few surplus ones are let in to be told; they are counted apart.
/// May be used from several threads.
/// </summary>
internal sealed class ConnectionLimits(int max, int maxPerAddress)
{
    /// <summary>Surplus connections that are told at a time: each costs a handshake, so a flood of them is closed unheard.</summary>
    public const int ToldMax = 32;

    private int _max = max;
    private int _maxPerAddress = maxPerAddress;

    // Guards the counts; held for a dictionary access only.
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _count;
    private int _told;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Other limits. Connections beyond them stay; further ones find no place until enough have left.</summary>
    public void Use(int max, int maxPerAddress)
    {
        lock (_gate)
        {
            (_max, _maxPerAddress) = (max, maxPerAddress);
        }
    }

    /// <summary>Takes a place, to be given back with <see cref="Leave"/> unless it was refused.</summary>
    public Admitted Enter(IPAddress address)
    {
        lock (_gate)
        {
            var ofAddress = _perAddress.GetValueOrDefault(address);
            if (_count >= _max || ofAddress >= _maxPerAddress)
            {
                if (_told >= ToldMax)
                {
                    return Admitted.Not;
                }

                _told++;
                return Admitted.ToBeTold;
            }

            _count++;
            _perAddress[address] = ofAddress + 1;
            return Admitted.Fully;
        }
    }

    public void Leave(IPAddress address, Admitted admitted)
    {
        lock (_gate)
        {
            if (admitted == Admitted.ToBeTold)
            {
                _told--;
                return;
            }

            _count--;
            var ofAddress = _perAddress[address] - 1;
            if (ofAddress == 0)
            {
                _perAddress.Remove(address);
            }
            else
            {
                _perAddress[address] = ofAddress;
            }
        }
    }
}

/// <summary>Whether a connection got a place.</summary>
internal enum Admitted : byte
{
    /// <summary>It is one too many, and not even told.</summary>
    Not,

    /// <summary>It is one too many; after its handshake it is told and closed.</summary>
    ToBeTold,

    /// <summary>It is served.</summary>
    Fully,
}
