using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>sync:from:17:limit:2000</c> → <c>data:[{"atKey":…,"value":…,"metadata":{…},"commitId":18,"operation":"*"},…]</c>, ascending, one entry per
/// key. Filters are applied while walking to the end, so <c>[]</c> means: nothing for you up to the end of the log.
/// </summary>
internal static class SyncFromHandler
{
    /// <summary>Room made ahead for a page: a few hundred entries of an ordinary size.</summary>
    private const int FirstBytes = 262_144;

    public static async ValueTask<Response> HandleAsync(SyncFromVerb verb, Session session)
    {
        if (KeyPattern.TryRead(verb.Regex, session, isLasting: false, out var pattern) is { } refusal)
        {
            return refusal;
        }

        var limits = session.Limits;
        var entriesMax = (int)Math.Clamp(verb.Limit ?? limits.PageEntriesDefault, 1, limits.PageEntriesMax);
        var page = new Page(session, new SyncFilter(session.Caller, pattern), entriesMax, limits.PageBytesMax);
        if (verb.From < session.Server.Store.LastCommitId)
        {
            await session.Server.Store.ReadLogAsync(Math.Max(-1, verb.From), verb.SkipDeletesUntil ?? -1, page.Visit, session.Closed);
        }

        if (pattern is { HasGivenUp: true })
        {
            return Response.Refuse(KeyPattern.GivenUp);
        }

        ServerTelemetry.PageSent(page.Count);
        return Response.Data(page.Complete());
    }

    /// <summary>The page being written; entries go from the store's spans straight into its bytes.</summary>
    private sealed class Page
    {
        private readonly AnswerBuffer _output;
        private readonly RecordText _text;
        private readonly SyncFilter _filter;
        private readonly int _entriesMax;
        private readonly int _bytesMax;
        private readonly long _nowMs;

        public Page(Session session, SyncFilter filter, int entriesMax, int bytesMax)
        {
            _output = session.NewPayload();
            _text = session.Server.Text;
            _filter = filter;
            _entriesMax = entriesMax;
            _bytesMax = bytesMax;
            _nowMs = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
            _output.Write("["u8);
        }

        public int Count { get; private set; }

        public bool Visit(in LogEntryView entry)
        {
            if (Count == _entriesMax)
            {
                return false;
            }

            if ((entry.Op != CommitOp.Delete && RecordLife.IsExpired(entry.Times, _nowMs)) || (!_filter.TakesAll && !_filter.Takes(entry)))
            {
                return !_filter.HasGivenUp;
            }

            var before = _output.Length;
            if (Count > 0)
            {
                _output.Write(","u8);
            }
            else
            {
                _output.Reserve(FirstBytes);
            }

            _text.WriteEntry(entry, _output);
            if (Count > 0 && _output.Length >= _bytesMax)
            {
                // One entry always goes, however large; any other waits for the next page.
                _output.Truncate(before);
                return false;
            }

            Count++;
            return true;
        }

        public ReadOnlyMemory<byte> Complete()
        {
            _output.Write("]"u8);
            return _output.Written;
        }
    }
}
