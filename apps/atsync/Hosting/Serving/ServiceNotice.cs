using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AtSync.App.Hosting.Serving;

/// <summary>Tells systemd how the service stands (<c>Type=notify</c> or <c>notify-reload</c>). Elsewhere it does nothing.</summary>
internal static class ServiceNotice
{
    public static void Ready() => Send("READY=1");

    public static void Reloading() => Send(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    public static void Stopping() => Send("STOPPING=1");

    private static void Send(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path || OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An abstract name is written with an @ in front.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            // Whoever set the variable does not listen; nothing here depends on it.
        }
    }
}
