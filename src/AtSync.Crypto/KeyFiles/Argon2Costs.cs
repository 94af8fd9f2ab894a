using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto.Algorithms;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// What deriving a key from a passphrase costs (Argon2id, version 0x13). The costs stand in the file, and the file may come from anyone: so they are bounded
/// before a byte is allocated.
/// </summary>
/// <param name="MemoryKiB">Memory, KiB.</param>
/// <param name="Iterations">Passes over that memory.</param>
/// <param name="Parallelism">Lanes.</param>
internal readonly record struct Argon2Costs(int MemoryKiB, int Iterations, int Parallelism)
{
    /// <summary>Four times what interactive use asks for; more would only serve to exhaust the reader.</summary>
    public const int MemoryKiBMax = 256 * 1024;

    /// <summary>Lanes beyond this gain nothing on the devices key files are read on.</summary>
    public const int ParallelismMax = 16;

    /// <summary>Memory times passes, KiB: about ten seconds of one core.</summary>
    public const long WorkKiBMax = 4L * MemoryKiBMax;

    /// <summary>Below this a salt does not do its work (RFC 9106 asks for 8 bytes); above, it is not a salt.</summary>
    private const int SaltBytesMin = 8;

    private const int SaltBytesMax = 64;

    /// <summary>Of the envelopes written here.</summary>
    public static Argon2Costs Written => new(19456, 2, 1);

    /// <summary>Of envelopes without a version, which do not name their costs.</summary>
    public static Argon2Costs Unversioned => new(10000, 2, 2);

    /// <summary>Refuses costs out of bounds, by name of the bound.</summary>
    public void Check()
    {
        // Argon2 needs eight blocks of 1 KiB per lane.
        if (Parallelism is < 1 or > ParallelismMax || Iterations < 1 || MemoryKiB < 8 * Parallelism)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's kdfParams are out of range (parallelism 1 to {ParallelismMax}, iterations 1 or more, memory 8 KiB or more per lane)");
        }

        if (MemoryKiB > MemoryKiBMax || (long)MemoryKiB * Iterations > WorkKiBMax)
        {
            throw new CryptoException(
                CryptoFault.Malformed,
                $"opening the key file would take {MemoryKiB} KiB of memory {Iterations} times; at most {MemoryKiBMax} KiB and {WorkKiBMax} KiB in all are allowed");
        }
    }

    /// <summary>Refuses a salt that is too short or too long.</summary>
    public static void CheckSalt(ReadOnlySpan<byte> salt)
    {
        if (salt.Length is < SaltBytesMin or > SaltBytesMax)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's salt has {salt.Length} bytes; {SaltBytesMin} to {SaltBytesMax} are allowed");
        }
    }

    /// <summary>The key of a passphrase. Takes tens of milliseconds.</summary>
    public SymmetricKey Derive(string passphrase, byte[] salt)
    {
        Check();
        var generator = new Argon2BytesGenerator();
        generator.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
            .WithVersion(Argon2Parameters.Version13)
            .WithSalt(salt)
            .WithMemoryAsKB(MemoryKiB)
            .WithIterations(Iterations)
            .WithParallelism(Parallelism)
            .Build());
        var password = Encoding.UTF8.GetBytes(passphrase);
        var key = new byte[SymmetricKey.KeyBytes];
        try
        {
            generator.GenerateBytes(password, key);
            return new SymmetricKey(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
