using System.Text.Json.Serialization;

namespace AtSync.Protocol.Tests;

[JsonSerializable(typeof(string))]
internal sealed partial class TestJson : JsonSerializerContext;
