using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>The table service's REST API, as far as it is used here. One call is one request, and its repetitions.</summary>
internal sealed class TableService(Uri endpoint, HttpPipeline pipeline)
{
    // The version that brought Entra tokens to tables.
    private const string Version = "2020-12-06";

    // Rows that the service puts into a page at most.
    private const int MaxPage = 1000;

    private readonly string _root = endpoint.AbsoluteUri.TrimEnd('/');

    public Transaction NewTransaction(string table, string partitionKey) => new(endpoint, table, partitionKey);

    /// <summary>A row, or null.</summary>
    /// <exception cref="TableServiceException">The table does not exist, or the request was refused.</exception>
    /// <exception cref="StoreUnavailableException">No answer in time.</exception>
    public async Task<Row?> GetAsync(string table, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        var uri = $"{_root}/{table}(PartitionKey='{partitionKey}',RowKey='{rowKey}')";
        using var message = Message(RequestMethod.Get, uri);
        var response = await SendAsync(message, cancellationToken);
        if (response.Status == 404 && ServiceError.CodeOf(response) is var code)
            return code == "TableNotFound" ? throw new TableServiceException(404, code) : null;
        return Check(response, 200) is { } content ? ReadRow(content, response.Headers.TryGetValue("ETag", out var etag) ? etag : null) : null;
    }

    /// <summary>
    /// The rows that match, in the order of their keys, page by page as the service gives them. A page may be short or empty and still have a
    /// successor: only its continuation tells.
    /// </summary>
    public async IAsyncEnumerable<RowPage> QueryAsync(
        string table, string filter, QueryOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var condition = options.Condition is null ? filter : $"{filter} and {options.Condition}";
        var query = $"$filter={Uri.EscapeDataString(condition)}{(options.Select is null ? "" : $"&$select={options.Select}")}"
            + (options.Top is > 0 and < MaxPage ? $"&$top={options.Top}" : "");
        var continuation = "";
        do
        {
            using var message = Message(RequestMethod.Get, $"{_root}/{table}()?{query}{continuation}");
            var response = await SendAsync(message, cancellationToken);
            continuation = Continuation(response.Headers, "NextPartitionKey") + Continuation(response.Headers, "NextRowKey");
            yield return new(ReadRows(Check(response, 200)), continuation.Length == 0);
        }
        while (continuation.Length > 0);
    }

    /// <summary>Sends a transaction. A refused one is an answer, not an exception.</summary>
    /// <exception cref="StoreUnavailableException">No answer in time; the outcome is unknown.</exception>
    public async Task<TransactionAnswer> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Post, $"{_root}/$batch");
        message.Request.Headers.Add("Content-Type", transaction.ContentType);
        message.Request.Content = RequestContent.Create(transaction.Finish());
        var response = await SendAsync(message, cancellationToken);
        var repeated = TablesRetryPolicy.WasRepeated(message);
        return response.Status == 202
            ? TransactionAnswer.Parse(response.Content.ToMemory(), transaction.Operations, repeated)
            : new(ServiceError.CodeOf(response), -1, [], repeated);
    }

    /// <summary>Creates a table; nothing happens if it exists.</summary>
    public async Task CreateTableAsync(string table, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Post, $"{_root}/Tables");
        message.Request.Headers.Add("Content-Type", "application/json");
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Content = RequestContent.Create(System.Text.Encoding.UTF8.GetBytes($"{{\"TableName\":\"{table}\"}}"));
        var response = await SendAsync(message, cancellationToken);
        if (response.Status != 409 || ServiceError.CodeOf(response) != "TableAlreadyExists")
            Check(response, 201, 204);
    }

    /// <summary>Deletes a table with all its rows; nothing happens if there is none.</summary>
    public async Task DeleteTableAsync(string table, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Delete, $"{_root}/Tables('{table}')");
        var response = await SendAsync(message, cancellationToken);
        if (response.Status != 404)
            Check(response, 204);
    }

    private HttpMessage Message(RequestMethod method, string uri)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(uri));
        message.Request.Headers.Add("x-ms-version", Version);
        message.Request.Headers.Add("DataServiceVersion", "3.0");
        message.Request.Headers.Add("MaxDataServiceVersion", "3.0");
        message.Request.Headers.Add("Accept", "application/json;odata=nometadata");
        return message;
    }

    private async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await pipeline.SendAsync(message, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The network, a credential that can't get a token: whatever it was, it has been tried long enough.
            throw new StoreUnavailableException($"the table service can't be reached: {e.Message}", e);
        }
        return TablesRetryPolicy.IsTransient(message.Response.Status)
            ? throw new StoreUnavailableException($"the table service answers {message.Response.Status} {ServiceError.CodeOf(message.Response)}")
            : message.Response;
    }

    private static BinaryData Check(Response response, int expected, int alternative = 0) =>
        response.Status == expected || response.Status == alternative
            ? response.Content
            : throw new TableServiceException(response.Status, ServiceError.CodeOf(response));

    private static Row ReadRow(BinaryData content, string? etag)
    {
        try
        {
            var reader = new Utf8JsonReader(content.ToMemory().Span);
            return Row.Read(ref reader, etag);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Unreadable(e);
        }
    }

    private static List<Row> ReadRows(BinaryData content)
    {
        try
        {
            var reader = new Utf8JsonReader(content.ToMemory().Span);
            var rows = new List<Row>();
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isValue = reader.ValueTextEquals("value"u8);
                reader.Read();
                if (!isValue)
                    reader.Skip();
                while (isValue && reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                    rows.Add(Row.Read(ref reader, null));
            }
            return rows;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Unreadable(e);
        }
    }

    private static StoreUnavailableException Unreadable(Exception e) => new($"the table service's answer can't be read: {e.Message}", e);

    private static string Continuation(ResponseHeaders headers, string name) =>
        headers.TryGetValue($"x-ms-continuation-{name}", out var value) ? $"&{name}={Uri.EscapeDataString(value)}" : "";
}
