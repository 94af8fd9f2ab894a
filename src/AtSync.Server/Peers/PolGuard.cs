using System.Globalization;
using System.Net;
using AtSync.Protocol;
using AtSync.Server.Sessions;

namespace AtSync.Server.Peers;

/// <summary>
/// A stranger's <c>pol</c> makes this server ask the atDirectory and dial another server. That may not become a means to make it dial quickly or
/// often: so many at a time, in all and for one address, and no more for an address whose proofs keep failing.
/// </summary>
internal sealed class PolGuard(TimeProvider clock, Func<AtServerLimits> limits)
{
    // Guards everything below.
    private readonly Lock _gate = new();
    private readonly RecentCounts _failures = new(clock);
    private readonly Dictionary<IPAddress, int> _inFlight = [];
    private int _all;

    /// <summary>Null when the proof may be checked; then <see cref="Leave"/> ends it.</summary>
    public AtError? Enter(IPAddress address)
    {
        lock (_gate)
        {
            var allowed = limits();
            var ofAddress = _inFlight.GetValueOrDefault(address);
            if (_failures.Of(address) >= allowed.PolFailuresPerAddressMax)
            {
                return Refused($"{allowed.PolFailuresPerAddressMax} proofs of this address failed of late (PolFailuresPerAddressMax)");
            }

            if (_all >= allowed.PolsInFlightMax || ofAddress >= allowed.PolsInFlightPerAddressMax)
            {
                return Refused($"{_all} proofs are being checked, {ofAddress} of them for this address (PolsInFlightMax, PolsInFlightPerAddressMax)");
            }

            _all++;
            _inFlight[address] = ofAddress + 1;
            return null;
        }
    }

    public void Leave(IPAddress address, bool isProven)
    {
        lock (_gate)
        {
            _all--;
            if (--_inFlight[address] == 0)
            {
                _inFlight.Remove(address);
            }

            if (!isProven)
            {
                _failures.Add(address, limits().PolFailureWindow);
            }
        }
    }

    private static AtError Refused(FormattableString why) =>
        new(AtErrorCodes.OutboundLimitExceeded, why.ToString(CultureInfo.InvariantCulture) + ". Try again later");
}
