using System.Buffers;
using AtSync.Protocol;
using AtSync.Protocol.Grammar;
using AtSync.Protocol.Responses;
using AtSync.Server.Verbs;
using AtSync.Storage;

namespace AtSync.Server.Sessions;

/// <summary>
/// Reads lines, runs them in order and answers each. Answers to the lines of one read leave together where that delays none of them: what is
/// ready goes out before a command that has to wait. An answer, its newline and its prompt are always one write.
/// </summary>
internal sealed class SessionLoop(Session session) : IDisposable
{
    private static readonly byte[] Greeting = "@"u8.ToArray();
    private static readonly AtError TooLong = new(
        AtErrorCodes.BufferLimitExceeded,
        "InboundBuffer overflow: server received request which exceeded the buffer size limit. Terminating the connection.",
        Closes: true);

    private readonly AnswerBuffer _answers = new();

    /// <summary>Runs until the peer leaves, a command ends the connection, or <see cref="Session.RequestEnd()"/>.</summary>
    public async Task RunAsync()
    {
        using var closing = session.Connection.CloseRequested.UnsafeRegister(static state => ((Session)state!).RequestEnd(), session);
        using var idle = new IdleWatch(session.Clock, () => session.IdleLimit, OnIdle);
        if (await session.Output.WriteAsync(Greeting))
        {
            await RunAsync(idle);
            if (session.EndReason is { } reason)
            {
                await AnswerAsync(Response.Refuse(reason));
                await FlushAsync();
            }
        }
    }

    public void Dispose() => _answers.Dispose();

    private async Task RunAsync(IdleWatch idle)
    {
        var input = session.Connection.Input;
        var lines = new LineSplitter(session.Limits.LineBytesMax);
        while (!session.IsEnding)
        {
            var read = await input.ReadAsync(CancellationToken.None);
            var buffer = read.Buffer;
            var goesOn = true;
            while (goesOn)
            {
                var found = lines.TryRead(ref buffer, out var line);
                if (found == LineRead.NeedMore)
                {
                    break;
                }

                idle.Touch();
                goesOn = found == LineRead.TooLong || line.Length > session.LineBytesMax
                    ? await AnswerAsync(Response.Refuse(TooLong))
                    : await RunLineAsync(line);
            }

            lines.EndRead();
            if (goesOn && buffer.Length > session.LineBytesMax)
            {
                goesOn = await AnswerAsync(Response.Refuse(TooLong));
            }

            goesOn &= await FlushAsync() && !read.IsCompleted;
            if (goesOn && !Hold(buffer.Length, idle))
            {
                session.RequestEnd(TooMuchHeld());
            }

            input.AdvanceTo(goesOn ? buffer.Start : buffer.End, buffer.End);
            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Notes what is left of a line that has not ended. False when the server holds too much of such.</summary>
    private bool Hold(long bytes, IdleWatch idle)
    {
        var isOwner = session.Caller.IsOwner;
        var wasUnfinished = session.Unfinished.IsThere;
        var isHeld = session.Unfinished.TryHold(bytes, isCounted: !isOwner, session.Limits.UnfinishedBytesMax);
        if (session.Unfinished.IsThere != wasUnfinished)
        {
            idle.Restart();
        }
        else if (bytes == 0 || isOwner)
        {
            // A stranger's line has its time from its first byte, however often another one comes.
            idle.Touch();
        }

        return isHeld;
    }

    private void OnIdle()
    {
        if (session.Unfinished.IsThere)
        {
            session.RequestEnd(new AtError(
                AtErrorCodes.Timeout, $"the line did not end within {session.Limits.UnfinishedLineTime.TotalSeconds:0} s: UnfinishedLineTime", Closes: true));
        }
        else
        {
            session.RequestEnd();
        }
    }

    private AtError TooMuchHeld() => new(
        AtErrorCodes.BufferLimitExceeded,
        $"unauthenticated connections keep {session.Limits.UnfinishedBytesMax} bytes of unfinished lines waiting already: UnfinishedBytesMax. Try again later",
        Closes: true);

    /// <summary>False when the connection ends.</summary>
    private async ValueTask<bool> RunLineAsync(ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
        {
            return await RunLineAsync(line.First);
        }

        // Commands are parsed on one span; only a line that straddles segments is copied.
        var length = checked((int)line.Length);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            line.CopyTo(rented);
            return await RunLineAsync(rented.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private async ValueTask<bool> RunLineAsync(ReadOnlyMemory<byte> line)
    {
        if (line.Span.SequenceEqual("@exit"u8))
        {
            return false;
        }

        if (session.Caller.Enrollment is { ExpiresAt: { } end } && end <= session.Clock.GetUtcNow())
        {
            // As the reference does: an enrollment that ran out is no longer spoken to.
            return false;
        }

        var command = ExecuteAsync(line);
        if (!command.IsCompleted && !await FlushAsync())
        {
            await command;
            return false;
        }

        return await AnswerAsync(await command);
    }

    private async ValueTask<Response> ExecuteAsync(ReadOnlyMemory<byte> line)
    {
        try
        {
            return await VerbDispatcher.ExecuteAsync(line, session);
        }
        catch (StoreException failure)
        {
            if (failure.Fault == StoreFault.Full)
            {
                // The store itself says it, once for all connections.
                Log.StoreFull(session.Host.Logger, session.Id);
            }
            else
            {
                Log.StoreFailed(session.Host.Logger, failure, session.Id);
            }

            return Response.Refuse(AtErrorCodes.DataStore, failure.Fault == StoreFault.Full
                ? "no space is left on the server; nothing was changed. Try again after room was made."
                : "the server's store failed; see its log");
        }
        catch (OperationCanceledException) when (session.Closed.IsCancellationRequested)
        {
            return NoResponse.Instance;
        }
        catch (Exception failure)
        {
            // The owner of the loop: the fault is said once, this connection ends, the others go on.
            Log.CommandFailed(session.Host.Logger, failure, session.Id);
            return Response.Refuse(AtErrorCodes.InternalError, "the command failed inside the server; see its log", closes: true);
        }
    }

    /// <summary>False when the connection ends with this answer.</summary>
    private async ValueTask<bool> AnswerAsync(Response response)
    {
        var before = _answers.Length;
        ResponseWriter.Write(response, session.Style, _answers);
        session.ReleasePayloads();
        if (response is ErrorResponse { Error: var error })
        {
            ServerTelemetry.Refused(error.Code);
            if (error.Closes)
            {
                return false;
            }
        }

        if (before > 0 && _answers.Length > session.Limits.AnswerBytesGathered)
        {
            // The earlier answers leave alone, so that this one begins a record of its own.
            var isOpen = await session.Output.WriteAsync(_answers.Written[..before]);
            _answers.RemoveFront(before);
            return isOpen;
        }

        return true;
    }

    private async ValueTask<bool> FlushAsync()
    {
        if (_answers.Length == 0)
        {
            return true;
        }

        var isOpen = await session.Output.WriteAsync(_answers.Written);
        _answers.Release();
        return isOpen;
    }
}
