using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Storage;

/// <summary>
/// The body of an entity group transaction: operations on one partition of one table, all or none applied. See
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.
/// </summary>
internal sealed class Transaction
{
    public const int MaxOperations = 100;
    public const int MaxBytes = 4 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new(8 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly HashSet<string> _rows = [];
    private readonly string _table;
    private readonly string _partitionKey;
    private readonly string _id = Guid.NewGuid().ToString("N");

    public Transaction(Uri endpoint, string table, string partitionKey)
    {
        _table = $"{endpoint.AbsoluteUri.TrimEnd('/')}/{table}";
        _partitionKey = partitionKey;
        _json = new(_body);
        Line($"--batch_{_id}");
        Line($"Content-Type: multipart/mixed; boundary=changeset_{_id}");
        Line("");
    }

    public string ContentType => $"multipart/mixed; boundary=batch_{_id}";

    public int Operations { get; private set; }

    /// <summary>Adds a row that must not exist.</summary>
    public void Insert(string rowKey, Action<Utf8JsonWriter> columns)
    {
        Begin("POST", _table, rowKey);
        Line("Prefer: return-no-content");
        Entity(rowKey, columns);
    }

    /// <summary>Replaces a row that has this ETag.</summary>
    public void Replace(string rowKey, string etag, Action<Utf8JsonWriter> columns)
    {
        Begin("PUT", Address(rowKey), rowKey);
        Line($"If-Match: {etag}");
        Entity(rowKey, columns);
    }

    /// <summary>Writes a row, whether or not it exists.</summary>
    public void InsertOrReplace(string rowKey, Action<Utf8JsonWriter> columns)
    {
        Begin("PUT", Address(rowKey), rowKey);
        Entity(rowKey, columns);
    }

    /// <summary>Deletes a row that has this ETag; "*" for any.</summary>
    public void Delete(string rowKey, string etag)
    {
        Begin("DELETE", Address(rowKey), rowKey);
        Line($"If-Match: {etag}");
        // One ends the headers; the other belongs to the boundary that follows (RFC 2046, 5.1.1).
        Line("");
        Line("");
    }

    /// <summary>Ends the body. Nothing can be added any more.</summary>
    /// <exception cref="InvalidOperationException">It exceeds a limit that its maker should have kept.</exception>
    public ReadOnlyMemory<byte> Finish()
    {
        Line($"--changeset_{_id}--");
        Line($"--batch_{_id}--");
        // Checked here because not every service does: Azurite takes more than Azure.
        if (Operations is 0 or > MaxOperations || _body.WrittenCount > MaxBytes)
            throw new InvalidOperationException($"a transaction of {Operations} operations and {_body.WrittenCount} bytes");
        return _body.WrittenMemory;
    }

    private void Begin(string method, string address, string rowKey)
    {
        if (!_rows.Add(rowKey))
            throw new InvalidOperationException("a row occurs twice in a transaction");
        Operations++;
        Line($"--changeset_{_id}");
        Line("Content-Type: application/http");
        Line("Content-Transfer-Encoding: binary");
        Line("");
        Line($"{method} {address} HTTP/1.1");
        Line("Accept: application/json;odata=nometadata");
        Line("DataServiceVersion: 3.0;");
    }

    // Azurite looks for the entity on one line.
    private void Entity(string rowKey, Action<Utf8JsonWriter> columns)
    {
        Line("Content-Type: application/json");
        Line("");
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("PartitionKey", _partitionKey);
        _json.WriteString("RowKey", rowKey);
        columns(_json);
        _json.WriteEndObject();
        _json.Flush();
        Line("");
    }

    private string Address(string rowKey) => $"{_table}(PartitionKey='{_partitionKey}',RowKey='{rowKey}')";

    private void Line(string text)
    {
        Encoding.UTF8.GetBytes(text, _body);
        "\r\n"u8.CopyTo(_body.GetSpan(2));
        _body.Advance(2);
    }
}
