using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace CloudPlane.Schema.Tests;

/// <summary>Bodies as kubectl create (1.32 and newer) sends them.</summary>
public sealed class ProtobufToJsonTests
{
    private static readonly Catalog BuiltIn = Catalog.LoadBuiltIn();
    private static readonly ObjectSchema Deployment = BuiltIn.Type("io.k8s.api.apps.v1.Deployment");
    private static readonly ObjectSchema Secret = BuiltIn.Type("io.k8s.api.core.v1.Secret");
    private static readonly ObjectSchema Pod = BuiltIn.Type("io.k8s.api.core.v1.Pod");

    [Fact]
    public void Pointers_keep_their_zero_and_plain_fields_do_not()
    {
        // replicas = 1 is a pointer, minReadySeconds = 5 is not, paused = 7 is not.
        var spec = Message(o => { Number(o, 1, 0); Number(o, 5, 0); Number(o, 7, 0); Number(o, 9, 600); });
        var body = Body("apps/v1", "Deployment", Message(o => { Bytes(o, 1, Message(m => { Text(m, 1, "web"); Text(m, 3, ""); Bytes(m, 8, []); })); Bytes(o, 2, spec); }));
        Assert.Equal(
            """{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":0,"progressDeadlineSeconds":600}}""",
            Encoding.UTF8.GetString(ProtobufToJson.Convert(Deployment, body)));
    }

    [Fact]
    public void Maps_bytes_and_booleans()
    {
        var entry = Message(o => { Text(o, 1, "password"); Bytes(o, 2, "hunter2"u8.ToArray()); });
        var body = Body("v1", "Secret", Message(o => { Bytes(o, 2, entry); Text(o, 3, "Opaque"); Number(o, 5, 0); }));
        var json = JsonNode.Parse(ProtobufToJson.Convert(Secret, body))!;
        Assert.Equal(Convert.ToBase64String("hunter2"u8), (string?)json["data"]!["password"]);
        Assert.False((bool)json["immutable"]!);
    }

    [Fact]
    public void Embedded_structs_quantities_and_int_or_strings()
    {
        var port = Message(o => { Number(o, 1, 0); Number(o, 2, 8080); });
        var probe = Message(o => { Bytes(o, 1, Message(h => Bytes(h, 2, Message(g => { Text(g, 1, "/"); Bytes(g, 2, port); })))); Number(o, 2, 0); });
        var limit = Message(o => { Text(o, 1, "cpu"); Bytes(o, 2, Message(q => Text(q, 1, "200m"))); });
        var container = Message(o => { Text(o, 1, "main"); Bytes(o, 8, Message(r => Bytes(r, 1, limit))); Bytes(o, 10, probe); });
        var volume = Message(o => { Text(o, 1, "scratch"); Bytes(o, 2, Message(s => Bytes(s, 2, []))); });
        var body = Body("v1", "Pod", Message(o => Bytes(o, 2, Message(s => { Bytes(s, 1, volume); Bytes(s, 2, container); }))));
        var spec = JsonNode.Parse(ProtobufToJson.Convert(Pod, body))!["spec"]!;
        Assert.Equal("""[{"name":"scratch","emptyDir":{}}]""", spec["volumes"]!.ToJsonString());
        var main = spec["containers"]![0]!;
        Assert.Equal("""{"httpGet":{"path":"/","port":8080}}""", main["livenessProbe"]!.ToJsonString());
        Assert.Equal("200m", (string?)main["resources"]!["limits"]!["cpu"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"kind\":\"Pod\"}")]
    [InlineData("k8s\0\xFF")]
    public void What_is_no_such_body_is_refused(string text) =>
        Assert.Throws<FormatException>(() => ProtobufToJson.Convert(Pod, Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void Damaged_bodies_never_throw_anything_else()
    {
        var container = Message(o => { Text(o, 1, "main"); Text(o, 2, "image"); });
        var whole = Body("v1", "Pod", Message(o => { Bytes(o, 1, Message(m => Text(m, 1, "p"))); Bytes(o, 2, Message(s => Bytes(s, 2, container))); }));
        Prop.ForAll(ArbMap.Default.ArbFor<(int, byte)[]>(), changes =>
        {
            var damaged = (byte[])whole.Clone();
            foreach (var (at, value) in changes)
                damaged[4 + (int)((uint)at % (damaged.Length - 4))] = value;
            try
            {
                JsonNode.Parse(ProtobufToJson.Convert(Pod, damaged));
            }
            catch (FormatException)
            {
            }
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Body(string apiVersion, string kind, byte[] raw) =>
        [.. "k8s\0"u8, .. Message(o => { Bytes(o, 1, Message(t => { Text(t, 1, apiVersion); Text(t, 2, kind); })); Bytes(o, 2, raw); })];

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            write(output);
        return memory.ToArray();
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }

    private static void Number(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }
}
