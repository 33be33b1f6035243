using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>A store whose commits become messages: what API calls write through, also those of this process's own reconcilers.</summary>
internal sealed class OutboxStore(IStateStore inner, Outbox outbox, TimeSpan heartbeat) : StoreDecorator(inner)
{
    /// <inheritdoc/>
    public override async ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken)
    {
        if (!OutboxRules.IsCarried(partition.Resource))
        {
            if (partition.Resource == OutboxRules.Events && write.ExpectedRevision == 0)
                await outbox.ArmEventExpiryAsync(partition.Cluster, cancellationToken);
            return await base.WriteAsync(partition, write, cancellationToken);
        }

        if (OutboxRules.IsRoutine(partition, write, heartbeat))
            return await base.WriteAsync(partition, write, cancellationToken);
        // Before the commit: whatever happens to this process from here on, somebody will look.
        await outbox.ArmUpkeepAsync(partition.Cluster, cancellationToken);
        var result = await base.WriteAsync(partition, write, cancellationToken);
        if (result.Outcome == WriteOutcome.Committed)
            await outbox.AnnounceAsync(partition);
        return result;
    }
}
