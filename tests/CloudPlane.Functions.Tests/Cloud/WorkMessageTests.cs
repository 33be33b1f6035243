using System.Text;
using System.Text.Json;
using CloudPlane.Controllers;

namespace CloudPlane.Functions.Tests;

public class WorkMessageTests
{
    private static readonly DateTimeOffset Due = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> Kinds => [0, 1, 2, 3, 4, 5];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_survives_its_encoding(int kind)
    {
        WorkMessage[] all =
        [
            new LogWork("a", "apps/deployments"), new KeyWork("a", "node-controller", "", "nodes", 3), new SweepWork("b"), new CompactionWork("c"), new SeedWork("d", Full: true),
            new SeedWork("e", Full: false),
        ];
        using var body = JsonDocument.Parse(WorkCodec.Encode(all[kind]));
        Assert.Equal(all[kind], WorkCodec.Decode(body.RootElement));
    }

    [Theory]
    [InlineData("[]", "Array")]
    [InlineData("{}", "cluster")]
    [InlineData("""{"kind":"log","cluster":"a"}""", "resource")]
    [InlineData("""{"kind":"log","cluster":7,"resource":"pods"}""", "cluster")]
    [InlineData("""{"kind":"dance","cluster":"a"}""", "dance")]
    [InlineData("""{"kind":"key","cluster":"a","controller":"c","namespace":"","name":""}""", "name")]
    [InlineData("""{"kind":"key","cluster":"a","controller":"c","namespace":"","name":"n","attempt":-1}""", "attempt")]
    public void What_is_no_message_is_told_by_what_is_wrong(string text, string expected)
    {
        using var body = JsonDocument.Parse(text);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => WorkCodec.Decode(body.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_as_long_as_Kubernetes_allows_fit_the_limits_of_Service_Bus()
    {
        var longest = new KeyWork(new string('c', 40), "taint-eviction-controller", new string('n', 63), new string('p', 253)) { Due = Due };
        Assert.True(longest.Session(Due).Length <= 128);
        Assert.True(longest.MessageId!.Length <= 128);
        Assert.True(NodeQueues.NameOf(new string('c', 40), new string('n', 253)).Length <= 260);
        Assert.NotEqual(NodeQueues.NameOf("c", new string('n', 252) + "a"), NodeQueues.NameOf("c", new string('n', 252) + "b"));
    }

    [Fact]
    public void A_cluster_has_a_new_session_every_turn_and_the_turns_change_between_the_minutes()
    {
        var minute = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        WorkMessage log = new LogWork("a", "pods");
        Assert.Equal(log.Session(minute.AddSeconds(-5)), log.Session(minute.AddSeconds(5)));
        Assert.Equal(new SweepWork("a").Session(minute), log.Session(minute));
        Assert.NotEqual(log.Session(minute), log.Session(minute + WorkMessage.Turn));
        Assert.NotEqual(log.Session(minute), (log with { Cluster = "b" }).Session(minute));
        // With those that are sent when it is delivered, not with those that are sent now.
        Assert.Equal(log.Session(minute), (log with { Due = minute }).Session(minute.AddMinutes(-7)));
        Assert.Equal(log.Session(minute), (log with { Due = minute.AddMinutes(-7) }).Session(minute));
    }

    [Fact]
    public void Only_scheduled_messages_for_the_same_moment_are_one_to_the_queue()
    {
        var key = new KeyWork("a", "deployment-controller", "default", "web");
        Assert.Null(key.MessageId);
        Assert.Equal((key with { Due = Due }).MessageId, (key with { Due = Due, Attempt = 4 }).MessageId);
        Assert.NotEqual((key with { Due = Due }).MessageId, (key with { Due = Due.AddSeconds(1) }).MessageId);
        Assert.NotEqual(new SweepWork("a") { Due = Due }.MessageId, new CompactionWork("a") { Due = Due }.MessageId);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(7.5)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1799)]
    public void A_timer_is_never_early_late_by_a_quarter_at_most_and_at_most_nine_fit_in_its_delay(double seconds)
    {
        var delay = TimeSpan.FromSeconds(seconds);
        var moments = new HashSet<DateTimeOffset>();
        for (var now = Due; now < Due + delay; now += delay / 1000)
        {
            var at = Grid.After(now, delay);
            Assert.InRange(at - now, delay, TimeSpan.FromTicks(Math.Max((delay * 1.25).Ticks, (delay + TimeSpan.FromSeconds(1)).Ticks)));
            moments.Add(at);
        }

        Assert.InRange(moments.Count, 1, 9);
    }

    [Fact]
    public void A_delay_longer_than_duplicate_detection_remembers_is_cut()
    {
        Assert.InRange(Grid.After(Due, TimeSpan.FromDays(2)) - Due, Grid.Longest, Grid.Longest * 1.25);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1.5)]
    [InlineData(4.9)]
    public void A_day_of_looks_at_nodes_that_renew_arms_96_different_messages_even_if_clocks_are_behind(double behind)
    {
        var options = new ControllerOptions { NodeLookPeriod = TimeSpan.FromMinutes(5), NodeMonitorGracePeriod = TimeSpan.FromMinutes(12) };
        // Renewals reach the store within the second.
        var (slowest, ids) = (TimeSpan.FromSeconds(1), new HashSet<string>());
        for (var now = Due.AddMinutes(7); now < Due.AddDays(1);)
        {
            var renewed = Grid.Ceiling(now - slowest, options.NodeLookPeriod) - options.NodeLookPeriod + slowest;
            var look = NodeWatch.NextLook(renewed + options.NodeMonitorGracePeriod, now, options);
            var next = new KeyWork("a", NodeWatch.Controller, NodeWatch.Key.Namespace, NodeWatch.Key.Name) { Due = Grid.After(now, look - now) };
            Assert.True(ids.Add(next.MessageId!), $"{next.Due:HH:mm:ss} is armed again, and dropped");
            now = next.Due.Value.AddSeconds(-behind);
        }

        Assert.Equal(96, ids.Count);
    }

    [Theory]
    [InlineData("""{"Data":{"messages":"[\"{\\\"kind\\\":\\\"sweep\\\",\\\"cluster\\\":\\\"a\\\"}\"]"},"Metadata":{}}""")]
    [InlineData("""{"Data":{"messages":[{"kind":"sweep","cluster":"a"}]},"Metadata":{}}""")]
    [InlineData("""{"Data":{"messages":"{\"kind\":\"sweep\",\"cluster\":\"a\"}"},"Metadata":{}}""")]
    public void A_batch_is_read_however_often_it_was_encoded(string text)
    {
        using var envelope = JsonDocument.Parse(text);
        var payload = Assert.Single(TriggerEnvelope.Payloads(envelope.RootElement, "messages"));
        Assert.Equal(new SweepWork("a"), WorkCodec.Decode(payload.Json!.Value));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Data":[],"Metadata":{}}""")]
    [InlineData("""{"Data":{}}""")]
    [InlineData("""{"Data":{},"Metadata":{}}""")]
    public void What_the_host_would_never_send_is_refused(string text)
    {
        using var envelope = JsonDocument.Parse(text);
        Assert.Throws<FormatException>(() => TriggerEnvelope.Payloads(envelope.RootElement, "messages"));
    }

    [Fact]
    public void A_body_that_is_no_JSON_stays_text()
    {
        using var envelope = JsonDocument.Parse("""{"Data":{"messages":"[\"not json\"]"},"Metadata":{}}""");
        var payload = Assert.Single(TriggerEnvelope.Payloads(envelope.RootElement, "messages"));
        Assert.Equal((null, "not json"), (payload.Json, payload.Text));
    }

    [Fact]
    public void Keys_derived_from_one_secret_are_the_same_everywhere_and_different_for_each_purpose()
    {
        var text = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('s', 32)));
        var (one, other) = (MasterSecret.Parse(text), MasterSecret.Parse(text));
        using var a = one.SigningKey("a");
        using var again = other.SigningKey("a");
        using var b = one.SigningKey("b");
        var data = new byte[] { 1, 2, 3 };
        var hash = System.Security.Cryptography.HashAlgorithmName.SHA256;
        Assert.True(again.VerifyData(data, a.SignData(data, hash), hash));
        Assert.False(b.VerifyData(data, a.SignData(data, hash), hash));
        Assert.NotEqual(one.SharedAccessKey("a"), one.SharedAccessKey("b"));
        Assert.DoesNotContain("c2hvcnQ", Assert.Throws<FormatException>(() => MasterSecret.Parse("c2hvcnQ=")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" {"DeliveryCountArray":"[1,1]"} """, 1)]
    [InlineData(""" {"DeliveryCountArray":"[1,3]"} """, 3)]
    [InlineData(""" {"DeliveryCountArray":"[\"1\",\"2\"]"} """, 2)]
    [InlineData(""" {"DeliveryCountArray":[2]} """, 2)]
    [InlineData(""" {"DeliveryCountArray":"x"} """, 1)]
    [InlineData(""" {"DeliveryCountArray":{} } """, 1)]
    [InlineData("{}", 1)]
    public void The_host_says_how_often_a_batch_has_come(string metadata, int expected)
    {
        using var envelope = JsonDocument.Parse($$"""{"Data":{},"Metadata":{{metadata}} }""");
        Assert.Equal(expected, TriggerEnvelope.Deliveries(envelope.RootElement));
    }
}
