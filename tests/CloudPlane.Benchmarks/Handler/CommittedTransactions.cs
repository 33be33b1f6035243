using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>What a partition's log tells of how it was written: each row names its transaction.</summary>
internal static class CommittedTransactions
{
    public static async Task<int> CountAsync(TablesStoreOptions options, Partition partition)
    {
        var service = new TableService(options.Endpoint, TablesPipeline.Build(options, TimeProvider.System, new(new Random(1))));
        var filter = $"PartitionKey eq '{RowKeys.Partition(partition.Resource)}' and RowKey ge '{RowKeys.Log(0)}' and RowKey le '{RowKeys.Log(long.MaxValue)}'";
        var transactions = new HashSet<Guid>();
        await foreach (var page in service.QueryAsync(
            TableName.Of(options.TablePrefix, partition.Cluster), filter, new(Select: $"RowKey,{nameof(Row.Transaction)}"), default))
            transactions.UnionWith(page.Rows.Select(row => row.Transaction));
        return transactions.Count;
    }
}
