using AtSync.App.Configuration;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Serving;

/// <summary>A listener's options from a configuration.</summary>
internal static class ListenerOptions
{
    public static KestrelListenerOptions Of(
        ConnectionSettings settings, ICertificateSource certificates, ConnectionHandler handler, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        return new KestrelListenerOptions
        {
            CertificateSource = certificates,
            ConnectionHandler = handler,
            MaxConnections = settings.Max,
            MaxConnectionsPerAddress = settings.MaxPerAddress,
            HandshakeTimeout = settings.HandshakeTimeout,
            WriteTimeout = settings.WriteTimeout,
            SendBufferSize = settings.SendBufferBytes > 0 ? settings.SendBufferBytes : null,
            LoggerFactory = loggerFactory,
            TimeProvider = timeProvider,
        };
    }
}
