using System.Diagnostics;
using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>
/// The peer of whatever creates objects in a table: entity group transactions of the same rows, as full as they may be, sent one after the other
/// into a table of their own.
/// </summary>
/// <param name="options">Where; the cluster's table must not exist there.</param>
/// <param name="partition">The rows' cluster and resource.</param>
/// <param name="create">The n-th object; each one new.</param>
internal sealed class RawTransactions(TablesStoreOptions options, Partition partition, Func<int, Write> create)
{
    private const int Creates = (Transaction.MaxOperations - 1) / 2;

    private readonly TableService _service = new(options.Endpoint, TablesPipeline.Build(options, TimeProvider.System, new(new Random(1))));
    private readonly string _table = TableName.Of(options.TablePrefix, partition.Cluster);

    /// <summary>Creates per second.</summary>
    public async Task<double> MeasureAsync(TimeSpan duration)
    {
        await _service.CreateTableAsync(_table, default);
        var (start, revision, etag) = (Stopwatch.GetTimestamp(), 0L, default(string));
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            etag = await CommitAsync(revision, etag);
            revision += Creates;
        }
        return revision / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<string?> CommitAsync(long revision, string? etag)
    {
        var id = Guid.NewGuid();
        var transaction = _service.NewTransaction(_table, RowKeys.Partition(partition.Resource));
        if (etag is null)
            transaction.Insert(RowKeys.Head, json => RowWriter.Head(json, revision + Creates, 0, id));
        else
            transaction.Replace(RowKeys.Head, etag, json => RowWriter.Head(json, revision + Creates, 0, id));
        for (var i = 0; i < Creates; i++)
        {
            var (at, write) = (revision + i + 1, create((int)revision + i));
            var (key, document) = (RowKeys.Object(write.Key), PackedDocument.Pack(write.Document));
            transaction.Insert(key, json => RowWriter.Object(json, at, write.OperationId, document));
            transaction.Insert(RowKeys.Log(at), json => RowWriter.Log(json, ChangeKind.Added, key, 0, write.OperationId, id, document));
        }
        var answer = await _service.CommitAsync(transaction, default);
        return answer.IsCommitted ? answer.ETags[0] : throw new InvalidOperationException(answer.Code);
    }
}
