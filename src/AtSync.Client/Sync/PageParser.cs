using System.Buffers;
using System.Text.Json;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// Takes a page of the commit log apart: <c>[{"atKey":"…","value":"…"|null,"metadata":{…}|null,"commitId":17,"operation":"*"},…]</c>. Values and
/// metadata stay slices of the page; of the metadata only three times are looked at.
/// </summary>
/// <remarks>
/// An entry that makes no sense gets a <see cref="PulledEntry.Defect"/> and is set aside alone. A page that is no JSON array, or whose commit ids
/// do not rise, is refused whole: its order is what the cursor rests on.
/// </remarks>
internal static class PageParser
{
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.");
    private static readonly byte[] NoMetadata = "{}"u8.ToArray();

    /// <param name="page">The payload; must stay unchanged as long as the entries are used.</param>
    /// <param name="after">Every commit id must be above this.</param>
    /// <param name="owner">Whose store it is: other atSigns' keys may come only as cached copies.</param>
    /// <exception cref="AtException"><see cref="AtFault.Network"/>: the page can't be trusted.</exception>
    public static List<PulledEntry> Parse(ReadOnlyMemory<byte> page, long after, AtSign owner)
    {
        var entries = new List<PulledEntry>();
        if (PageTail.IsEmpty(page.Span))
        {
            return entries;
        }

        try
        {
            var reader = new Utf8JsonReader(page.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw Faults.NotTheProtocol("The answer to sync is no list of entries.");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var entry = reader.TokenType == JsonTokenType.StartObject
                    ? ReadEntry(ref reader, page, after, owner)
                    : throw Faults.NotTheProtocol("The answer to sync holds something that is no entry.");
                after = entry.CommitId;
                entries.Add(entry);
            }
        }
        catch (JsonException)
        {
            throw Faults.NotTheProtocol("The answer to sync is no JSON.");
        }

        return entries;
    }

    /// <summary>Parses one entry again, as it was set aside.</summary>
    public static PulledEntry? ParseOne(ReadOnlyMemory<byte> raw, AtSign owner)
    {
        try
        {
            var reader = new Utf8JsonReader(raw.Span);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? ReadEntry(ref reader, raw, long.MinValue, owner) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The usual key, <c>name.namespace@owner</c> in plain letters, digits, dots and underscores: valid without being taken apart, which would cost a
    /// pull more than the rest of the entry.
    /// </summary>
    internal static bool IsPlain(string key, string owner)
    {
        var at = key.Length - owner.Length - 1;
        if (at < 3 || key.Length > AtKey.MaxLength || key[at] != '@' || !key.EndsWith(owner, StringComparison.Ordinal))
        {
            return false;
        }

        var entity = key.AsSpan(0, at);
        return !entity.ContainsAnyExcept(PlainCharacters) && entity.IndexOf('.') > 0 && entity[^1] != '.' && entity.IndexOf("..") < 0;
    }

    private static PulledEntry ReadEntry(ref Utf8JsonReader reader, ReadOnlyMemory<byte> page, long after, AtSign owner)
    {
        var start = (int)reader.TokenStartIndex;
        var draft = new EntryDraft { UpdatedAtMs = null };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("atKey"u8))
            {
                reader.Read();
                draft.ReadKey(ref reader);
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                draft.ReadValue(ref reader, page);
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                draft.ReadMetadata(ref reader, page);
            }
            else if (reader.ValueTextEquals("commitId"u8))
            {
                reader.Read();
                draft.ReadCommitId(ref reader);
            }
            else if (reader.ValueTextEquals("operation"u8))
            {
                reader.Read();
                draft.ReadOperation(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (draft.CommitId is { } id && id <= after)
        {
            throw Faults.NotTheProtocol($"The answer to sync is out of order: commit {id} after {after}.");
        }

        return draft.Finish(page[start..(int)reader.BytesConsumed], after, owner);
    }

    /// <summary>What was read of an entry so far.</summary>
    private ref struct EntryDraft
    {
        public long? CommitId;
        public long? UpdatedAtMs;
        private string? _key;
        private CommitOp? _op;
        private ReadOnlyMemory<byte> _value;
        private ReadOnlyMemory<byte> _metadata;
        private bool _hasValue;
        private bool _hasMetadata;
        private long? _availableAtMs;
        private long? _expiresAtMs;
        private string? _problem;

        public void ReadKey(ref Utf8JsonReader reader)
        {
            try
            {
                _key = reader.TokenType == JsonTokenType.String ? AtKey.Fold(reader.GetString()!) : null;
            }
            catch (InvalidOperationException)
            {
                _problem ??= "the key is not valid text";
            }

            SkipInto(ref reader);
        }

        public void ReadValue(ref Utf8JsonReader reader, ReadOnlyMemory<byte> page)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String when !reader.ValueIsEscaped:
                    _value = page.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
                    _hasValue = true;
                    break;
                case JsonTokenType.String:
                    ReadEscapedValue(ref reader);
                    break;
                case JsonTokenType.Null:
                    break;
                default:
                    _problem ??= "the value is no text";
                    SkipInto(ref reader);
                    break;
            }
        }

        public void ReadMetadata(ref Utf8JsonReader reader, ReadOnlyMemory<byte> page)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                if (reader.TokenType != JsonTokenType.Null)
                {
                    _problem ??= "the metadata is no object";
                    SkipInto(ref reader);
                }

                return;
            }

            var start = (int)reader.TokenStartIndex;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("updatedAt"u8))
                {
                    UpdatedAtMs = ReadTime(ref reader);
                }
                else if (reader.ValueTextEquals("expiresAt"u8))
                {
                    _expiresAtMs = ReadTime(ref reader);
                }
                else if (reader.ValueTextEquals("availableAt"u8))
                {
                    _availableAtMs = ReadTime(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            _metadata = page[start..(int)reader.BytesConsumed];
            _hasMetadata = true;
        }

        public void ReadCommitId(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
            {
                CommitId = number;
            }
            else if (reader.TokenType == JsonTokenType.String && System.Buffers.Text.Utf8Parser.TryParse(reader.ValueSpan, out long text, out var used)
                && used == reader.ValueSpan.Length)
            {
                CommitId = text;
            }

            SkipInto(ref reader);
        }

        public void ReadOperation(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length == 1)
            {
                _op = (CommitOp)reader.ValueSpan[0] is var op and (CommitOp.Update or CommitOp.UpdateMeta or CommitOp.UpdateAll or CommitOp.Delete) ? op : null;
            }

            SkipInto(ref reader);
        }

        public readonly PulledEntry Finish(ReadOnlyMemory<byte> raw, long after, AtSign owner)
        {
            var defect = Judge(owner);
            var op = _op ?? CommitOp.UpdateAll;
            var isDelete = op == CommitOp.Delete;
            return new PulledEntry
            {
                Key = _key ?? "",
                CommitId = CommitId ?? after,
                Op = op,
                Value = isDelete ? default : _value,
                HasValue = !isDelete && _hasValue,
                Metadata = _hasMetadata ? _metadata : isDelete ? default : NoMetadata,
                UpdatedAtMs = UpdatedAtMs,
                AvailableAtMs = _availableAtMs,
                ExpiresAtMs = _expiresAtMs,
                Defect = defect,
                Raw = defect is null ? default : raw,
            };
        }

        private readonly AtError? Judge(AtSign owner)
        {
            if (_problem is not null)
            {
                return Defect(AtErrorCodes.InvalidSyntax, _problem);
            }

            if (_key is null || CommitId is null || _op is null)
            {
                var missing = _key is null ? "atKey" : CommitId is null ? "commitId" : "operation";
                return Defect(AtErrorCodes.InvalidSyntax, $"the entry has no usable {missing}");
            }

            if (IsPlain(_key, owner.Name))
            {
                return null;
            }

            if (!AtKey.TryParse(_key, out var key, out var problem))
            {
                return Defect(AtErrorCodes.InvalidKey, problem);
            }

            return key.IsCached || key.Owner is null || key.Owner == owner ? null : Defect(AtErrorCodes.InvalidKey, $"the key belongs to {key.Owner}");
        }

        private static AtError Defect(string code, string problem) => new(code, problem);

        private void ReadEscapedValue(ref Utf8JsonReader reader)
        {
            var text = new byte[reader.ValueSpan.Length];
            try
            {
                var length = reader.CopyString(text);
                _value = text.AsMemory(0, length);
                _hasValue = true;
            }
            catch (InvalidOperationException)
            {
                _problem ??= "the value is not valid text";
            }
        }

        private static long? ReadTime(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length > 40)
            {
                reader.Skip();
                return null;
            }

            return WireTime.TryParseMs(reader.ValueSpan, out var ms) ? ms : null;
        }

        private static void SkipInto(ref Utf8JsonReader reader)
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                reader.Skip();
            }
        }
    }
}
