using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// One imported key, for any number of threads. The platform promises nothing about concurrent use of one <see cref="RSA"/>, so each instance is used by one
/// caller at a time; a second instance is imported only when two callers meet, and at most one per processor is kept.
/// </summary>
internal sealed class RsaInstances(Func<RSA> import) : IDisposable
{
    private static readonly int KeptMax = Environment.ProcessorCount;

    private readonly ConcurrentBag<RSA> _idle = [];
    private volatile bool _isDisposed;

    public RSA Take()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _idle.TryTake(out var rsa) ? rsa : import();
    }

    public void Return(RSA rsa)
    {
        if (_isDisposed || _idle.Count >= KeptMax)
        {
            rsa.Dispose();
            return;
        }

        _idle.Add(rsa);
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryTake(out var rsa))
        {
            rsa.Dispose();
        }
    }
}
