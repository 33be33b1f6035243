using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage.Tests;

/// <summary>
/// Azurite takes what Azure refuses. This fails the test that sends such a thing, by an exception that nobody takes for a fault of the
/// network. Rules: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model and
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.
/// </summary>
internal sealed partial class StrictTransport(HttpPipelineTransport inner) : HttpPipelineTransport
{
    private const int MaxEntityBytes = 1024 * 1024;

    private long _requests;

    /// <summary>Requests that were sent.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>What was refused; empty at the end of a test.</summary>
    public List<string> Violations { get; } = [];

    public override Request CreateRequest() => inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        Interlocked.Increment(ref _requests);
        Check(message.Request.Headers.TryGetValue("x-ms-date", out _), "a request without x-ms-date");
        Check(message.Request.Headers.TryGetValue("x-ms-version", out _), "a request without x-ms-version");
        if (message.Request.Uri.ToUri().AbsolutePath.EndsWith("/$batch", StringComparison.Ordinal))
            CheckTransaction(await ReadAsync(message.Request.Content!));
        await inner.ProcessAsync(message);
    }

    private static async Task<string> ReadAsync(RequestContent content)
    {
        using var body = new MemoryStream();
        await content.WriteToAsync(body, default);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private void CheckTransaction(string body)
    {
        Check(Encoding.UTF8.GetByteCount(body) <= 4 * 1024 * 1024, "a transaction of more than 4 MiB");
        var operations = body.Split("Content-Transfer-Encoding: binary\r\n\r\n")[1..];
        Check(operations.Length <= 100, $"a transaction of {operations.Length} operations");
        var rows = operations.Select(CheckOperation).ToList();
        Check(rows.Select(r => (r.Table, r.Partition)).Distinct().Count() == 1, "a transaction across partitions");
        Check(rows.Distinct().Count() == rows.Count, "a row twice in a transaction");
    }

    private (string Table, string Partition, string Row) CheckOperation(string operation)
    {
        var line = operation[..operation.IndexOf('\r')].Split(' ');
        var (method, uri) = (line[0], new Uri(line[1]));
        var headers = operation[..operation.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        var hasMatch = headers.Contains("\r\nIf-Match: ", StringComparison.Ordinal);
        Check(method is "POST" or "PUT" or "DELETE", $"the method {method}");
        Check(method != "DELETE" || hasMatch, "a DELETE without If-Match");
        Check(!headers.Contains("If-None-Match", StringComparison.Ordinal), "If-None-Match");
        var address = Address().Match(Uri.UnescapeDataString(uri.AbsolutePath));
        var table = address.Groups["table"].Value;
        Check(TableNames().IsMatch(table), $"the table {table}");
        if (method == "DELETE")
            return (table, CheckKey(address.Groups["pk"].Value), CheckKey(address.Groups["rk"].Value));
        var start = operation.IndexOf('{');
        var entity = JsonNode.Parse(operation[start..(operation.LastIndexOf('}') + 1)])!.AsObject();
        CheckEntity(entity);
        var (pk, rk) = ((string)entity["PartitionKey"]!, (string)entity["RowKey"]!);
        Check(method == "POST" || address.Groups["pk"].Value == pk && address.Groups["rk"].Value == rk, "other keys in the address than in the body");
        return (table, CheckKey(pk), CheckKey(rk));
    }

    private string CheckKey(string key)
    {
        Check(key.Length <= 512, "a key of more than 1 KiB");
        Check(!key.Any(c => c is '/' or '\\' or '#' or '?' or <= '\u001f' or (>= '\u007f' and <= '\u009f')), $"the key {key}");
        return key;
    }

    /// <summary>Size as Azure counts: https://learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage.</summary>
    private void CheckEntity(JsonObject entity)
    {
        var properties = entity.Where(p => !p.Key.EndsWith("@odata.type", StringComparison.Ordinal) && p.Key is not ("PartitionKey" or "RowKey")).ToList();
        Check(properties.Count <= 252, $"an entity of {properties.Count} properties");
        var size = 4 + 2 * (((string)entity["PartitionKey"]!).Length + ((string)entity["RowKey"]!).Length);
        foreach (var (name, value) in properties)
        {
            Check(PropertyNames().IsMatch(name) && name.Length <= 255, $"the property {name}");
            size += 8 + 2 * name.Length + SizeOf((string?)entity[$"{name}@odata.type"], value!);
        }
        Check(size <= MaxEntityBytes, $"an entity of {size} bytes");
    }

    private int SizeOf(string? type, JsonNode value)
    {
        if (value.GetValueKind() != System.Text.Json.JsonValueKind.String)
            return 8;
        var text = (string)value!;
        var size = type switch
        {
            null => 4 + 2 * text.Length,
            "Edm.Binary" => 4 + Convert.FromBase64String(text).Length,
            "Edm.Int64" => long.TryParse(text, out _) ? 8 : -1,
            _ => -1,
        };
        Check(size >= 0, $"a value of {type}");
        Check(size <= 64 * 1024 + 4, $"a property of {size} bytes");
        return size;
    }

    private void Check(bool right, string what)
    {
        if (right)
            return;
        lock (Violations)
            Violations.Add(what);
        throw new InvalidOperationException($"Azure refuses {what}");
    }

    [GeneratedRegex(@"/(?<table>[^/(]+)(\(PartitionKey='(?<pk>.*)',RowKey='(?<rk>.*)'\))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Address();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,62}$")]
    private static partial Regex TableNames();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex PropertyNames();
}
