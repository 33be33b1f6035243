namespace CloudPlane.Storage;

/// <summary>Brings groups of writes into one partition's table: each group in one transaction, which ETags guard against everybody else.</summary>
internal sealed class GroupCommit(TablesPartition partition, TablesStoreOptions options, TimeProvider time, SynchronizedRandom random)
{
    // Between processes that race for the head: the pause after the first lost races, and the longest.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(4);
    private const int LongestPauseFactor = 32;

    // Who lost a race that recently expects others to be about to write.
    private static readonly TimeSpan ContentionMemory = TimeSpan.FromSeconds(1);

    private long? _lostAt;
    private TimeSpan _lastCommit;

    /// <summary>
    /// To be awaited before a group is taken. Whoever was answered just now may have another write, which joins. And between processes that
    /// race, the winner alone knows the new head at once: it steps back for about as long as the others take to read it, or would win forever.
    /// </summary>
    public async Task GatherAsync()
    {
        await Task.Yield();
        if (_lostAt is { } lost && time.GetElapsedTime(lost) < ContentionMemory)
            await Task.Delay(_lastCommit * 2 * random.NextDouble(), time);
    }

    /// <summary>
    /// Answers the writes. One that has no answer afterwards has to be tried again, with the next group.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Of the unanswered it is unknown whether they were committed.</exception>
    public async Task CommitAsync(List<PendingTableWrite> group)
    {
        var start = time.GetTimestamp();
        var read = new Dictionary<ObjectKey, KnownObject>();
        var (lostRaces, wrongGuesses) = (0, 0);
        while (true)
        {
            var head = partition.LastHead ?? await partition.ReadHeadAsync(CancellationToken.None);
            var plan = GroupPlan.Make(group.Where(w => !w.Task.IsCompleted), head, read, partition.Objects.Find, readAll: wrongGuesses > 1);
            await RefuseAsync(plan.Refused);
            if (plan.Unknown.Count > 0)
            {
                await ReadAsync(plan.Unknown, read);
                continue;
            }
            if (plan.Writes.Count == 0)
                return;
            if (head.ETag is null)
                await partition.RegisterAsync(CancellationToken.None);
            var sent = time.GetTimestamp();
            var answer = await SendAsync(plan);
            _lastCommit = time.GetElapsedTime(sent);
            if (answer.IsCommitted)
            {
                Complete(plan, answer.ETags);
                return;
            }
            if (time.GetElapsedTime(start) > options.RetryFor)
                throw new StoreUnavailableException($"{partition.Partition}: too many others write; nothing was written");
            if (FindFailed(plan, answer) is { } failed)
            {
                wrongGuesses++;
                await ReadAsync([failed.Pending.Write.Key], read);
            }
            else
                await LoseRaceAsync(++lostRaces);
        }
    }

    private async Task<TransactionAnswer> SendAsync(GroupPlan plan)
    {
        var transaction = partition.NewTransaction();
        var newest = plan.Writes[^1].Revision;
        if (plan.Head.ETag is { } etag)
            transaction.Replace(RowKeys.Head, etag, json => RowWriter.Head(json, newest, plan.Head.Compacted, plan.Transaction));
        else
            transaction.Insert(RowKeys.Head, json => RowWriter.Head(json, newest, 0, plan.Transaction));
        foreach (var write in plan.Writes)
            write.AddTo(transaction, plan.Transaction);
        try
        {
            var answer = await partition.CommitAsync(transaction, CancellationToken.None);
            // A refusal may be the effect of an earlier try of the same transaction.
            return !answer.IsCommitted && answer.Repeated && await WasCommittedAsync(plan) ? TransactionAnswer.CommittedUnseen : answer;
        }
        catch (StoreUnavailableException)
        {
            if (await WasCommittedAsync(plan))
                return TransactionAnswer.CommittedUnseen;
            throw;
        }
    }

    /// <summary>
    /// Whether a transaction whose answer was lost, or which met an earlier try of itself, is in the table: the head says so, or when
    /// others have written since, the row of its first revision.
    /// </summary>
    private async Task<bool> WasCommittedAsync(GroupPlan plan)
    {
        var head = await partition.ReadHeadAsync(CancellationToken.None);
        if (head.Transaction == plan.Transaction)
            return true;
        var first = plan.Writes[0].Revision;
        if (head.Revision < first)
            return false;
        var row = await partition.GetRowAsync(RowKeys.Log(first), CancellationToken.None);
        return row is null
            ? throw new StoreUnavailableException($"{partition.Partition}: the answer to a write was lost, and history compacted since; the outcome is unknown")
            : row.Transaction == plan.Transaction;
    }

    private void Complete(GroupPlan plan, IReadOnlyList<string?> etags)
    {
        for (var i = 0; i < plan.Writes.Count; i++)
            Remember(plan.Writes[i], etags.Count > 0 ? etags[1 + 2 * i] : null);
        partition.Recent.Add([.. plan.Writes.Select(w => w.Entry)]);
        // Where the answer was not seen, the head has been read instead.
        if (etags.Count > 0)
            partition.Publish(new(plan.Writes[^1].Revision, plan.Head.Compacted, plan.Transaction, etags[0]));
        foreach (var write in plan.Writes)
            write.Pending.TrySetResult(new(WriteOutcome.Committed, write.Stored));
        foreach (var (write, by) in plan.RefusedByCommit)
            write.TrySetResult(new(WriteOutcome.Conflict, by.Pending.Write.Delete ? null : by.Stored));
    }

    private void Remember(PlannedWrite write, string? etag)
    {
        if (write.Pending.Write.Delete || etag is null)
            partition.Objects.Forget(write.Pending.Write.Key);
        else
            partition.Objects.Put(write.Pending.Write.Key, new(write.Stored, etag, write.Pending.Write.OperationId));
    }

    /// <summary>The write whose object is not as expected, or too large, which is its answer; null when it was the head that had moved.</summary>
    private PlannedWrite? FindFailed(GroupPlan plan, TransactionAnswer answer)
    {
        if (answer.IsTableNotFound && options.CreateOnFirstWrite(partition.Partition.Cluster))
            return null;
        // Operation 0 is the head's; then each write has one for the object and one for the log.
        var index = (answer.FailedOperation - 1) / 2;
        if (answer.FailedOperation < 0 || index >= plan.Writes.Count || !answer.IsPreconditionFailed && !answer.IsTooLarge)
            throw partition.Refused(answer);
        if (answer.FailedOperation == 0)
            return null;
        if (answer.IsTooLarge)
            plan.Writes[index].Pending.TrySetResult(new(WriteOutcome.TooLarge, null));
        return plan.Writes[index];
    }

    private async Task LoseRaceAsync(int lost)
    {
        partition.ForgetHead();
        _lostAt = time.GetTimestamp();
        // The first time at once: one other writer is gone by the time that the head has been read.
        if (lost > 1)
            await Task.Delay(ShortestPause * Math.Min(LongestPauseFactor, lost) * random.NextDouble(), time);
    }

    private async Task ReadAsync(IEnumerable<ObjectKey> keys, Dictionary<ObjectKey, KnownObject> read)
    {
        foreach (var batch in keys.Chunk(16))
        {
            var objects = await Task.WhenAll(batch.Select(key => partition.ReadObjectAsync(key, CancellationToken.None)));
            foreach (var (key, known) in batch.Zip(objects))
                read[key] = known;
        }
    }

    private async Task RefuseAsync(List<(PendingTableWrite Write, KnownObject Current)> refused)
    {
        foreach (var (write, current) in refused)
        {
            var first = await FindOwnAsync(write, current);
            write.TrySetResult(first is null ? new(WriteOutcome.Conflict, current.Stored) : new(WriteOutcome.Committed, first));
        }
    }

    /// <summary>The answer that this very write got before, if it is the last one that changed the object.</summary>
    private async Task<StoredObject?> FindOwnAsync(PendingTableWrite write, KnownObject current)
    {
        if (current.Stored is not null)
            return current.Operation == write.Write.OperationId ? current.Stored : null;
        // A deletion leaves nothing but its log row. Nobody deletes what is not there, unless they did it themselves or lost a race.
        if (!write.Write.Delete)
            return null;
        var head = partition.LastHead ?? await partition.ReadHeadAsync(CancellationToken.None);
        var history = await partition.QueryAsync(
            RowKeys.Log(head.Compacted + 1), RowKeys.Log(long.MaxValue), new(Condition: $"Object eq '{write.RowKey}'"), CancellationToken.None);
        if (history.Count == 0 || history[^1].Operation != write.Write.OperationId)
            return null;
        var revision = RowKeys.ParseLog(history[^1].RowKey);
        return new(write.Write.Key, revision, history[^1].Document.Unpack(revision));
    }
}
