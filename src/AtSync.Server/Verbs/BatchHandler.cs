using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>batch:[{"id":1,"command":"update:…"},…]</c> → <c>data:[{"id":1,"response":{"data":"12"}},{"id":2,"response":{"error_code":"AT0015",…}}]</c>.
/// Commands run in order; neighbours that write a record each share one transaction and one fsync, and a refused one undoes none of the others.
/// </summary>
/// <remarks>
/// Every command gets an answer, also one that no verb takes (the reference leaves those out). Our extension <c>atsync.ifCommit</c> is a member
/// of the item; its refusal carries <c>currentCommit</c>.
/// </remarks>
internal static class BatchHandler
{
    private const int AnswerBytesEach = 48;

    public static async ValueTask<Response> HandleAsync(BatchVerb verb, Session session)
    {
        if (Read(verb.Json, out var items) is { } malformed)
        {
            return Response.Refuse(malformed);
        }

        var run = new Run(session, session.NewPayload());
        run.Answers.Write("["u8);
        run.Answers.Reserve(items.Count * AnswerBytesEach);
        foreach (var item in items)
        {
            var refusal = VerbDispatcher.Parse(item.Command, session, out var command);
            if (refusal is null && PreparedChange.Of(command!, session, item.IfCommit) is { } prepared)
            {
                await run.AddAsync(item.Id, prepared);
                continue;
            }

            // Whatever is not a change to one record sees all changes before it, and those after it see what it did.
            await run.ApplyAsync();
            run.Answer(item.Id, refusal is null ? await ExecuteAsync(command!, item, session) : Response.Refuse(refusal));
        }

        await run.ApplyAsync();
        run.Answers.Write("]"u8);
        return Response.Data(run.Answers.Written);
    }

    private static ValueTask<Response> ExecuteAsync(Verb command, BatchItem item, Session session)
    {
        if (command is BatchVerb or MonitorVerb)
        {
            return ValueTask.FromResult(Response.Refuse(AtErrorCodes.InvalidSyntax, $"{command.Word} cannot be part of a batch"));
        }

        return item.IfCommit is null
            ? VerbDispatcher.RunAsync(command, session)
            : ValueTask.FromResult(Response.Refuse(AtErrorCodes.InvalidSyntax, $"ifCommit goes with update and delete, not with {command.Word}"));
    }

    private static AtError? Read(ReadOnlyMemory<byte> json, out List<BatchItem> items)
    {
        items = [];
        var reader = new BatchReader(json);
        while (reader.TryRead())
        {
            items.Add(reader.Current);
        }

        return reader.Error;
    }

    /// <summary>Changes that wait for their common transaction, and the answers so far.</summary>
    private sealed class Run(Session session, AnswerBuffer answers)
    {
        private readonly List<StoreChange> _changes = [];
        private readonly List<(long Id, AtError? Refusal)> _waiting = [];
        private bool _lastIsDelete;
        private bool _hasAnswers;

        public AnswerBuffer Answers { get; } = answers;

        public async ValueTask AddAsync(long id, PreparedChange prepared)
        {
            _waiting.Add((id, prepared.Error));
            if (prepared.Change is null)
            {
                return;
            }

            _changes.Add(prepared.Change);
            _lastIsDelete = prepared.IsDelete;
            if (_changes.Count == session.Limits.ChangesPerTransactionMax)
            {
                await ApplyAsync();
            }
        }

        public async ValueTask ApplyAsync()
        {
            ChangeResult[] results = [];
            if (_changes.Count > 0)
            {
                results = await session.Server.Store.ApplyAsync(_changes, CancellationToken.None);
                session.Server.Committed(results, _lastIsDelete);
            }

            var next = 0;
            foreach (var (id, refusal) in _waiting)
            {
                if (refusal is not null)
                {
                    Refuse(id, refusal);
                }
                else
                {
                    Answer(id, results[next++]);
                }
            }

            _waiting.Clear();
            _changes.Clear();
        }

        public void Answer(long id, Response response)
        {
            switch (response)
            {
                case ErrorResponse { Error: var error }:
                    Refuse(id, error);
                    break;
                case DataResponse { Payload: var payload } when !payload.Span.SequenceEqual("null"u8):
                    Begin(id);
                    Answers.Write("{\"data\":"u8);
                    RecordText.WriteString(payload.Span, Answers);
                    Answers.Write("}}"u8);
                    break;
                default:
                    Begin(id);
                    Answers.Write("{}}"u8);
                    break;
            }
        }

        private void Answer(long id, ChangeResult result)
        {
            if (result.Error is { } error)
            {
                Refuse(id, error, ReferenceEquals(error, CommitCondition.Moved) ? result.CommitId : null);
                return;
            }

            Begin(id);
            Answers.Write("{\"data\":\""u8);
            Answers.WriteNumber(result.CommitId);
            Answers.Write("\"}}"u8);
        }

        private void Refuse(long id, AtError error, long? currentCommit = null)
        {
            ServerTelemetry.Refused(error.Code);
            Begin(id);
            Answers.Write("{\"error_code\":"u8);
            JsonText.WriteString(error.Code, Answers);
            Answers.Write(",\"error_message\":"u8);
            JsonText.WriteString(currentCommit is null ? $"{AtErrorCodes.TextOf(error.Code)} : {error.Detail}" : error.Detail, Answers);
            if (currentCommit is { } commit)
            {
                Answers.Write(",\"currentCommit\":"u8);
                Answers.WriteNumber(commit);
            }

            Answers.Write("}}"u8);
        }

        private void Begin(long id)
        {
            Answers.Write(_hasAnswers ? ",{\"id\":"u8 : "{\"id\":"u8);
            Answers.WriteNumber(id);
            Answers.Write(",\"response\":"u8);
            _hasAnswers = true;
        }
    }
}
