using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>Where a <see cref="TablesStore"/> keeps its state, and how it works.</summary>
public sealed record TablesStoreOptions
{
    /// <summary>The account's table endpoint: <c>https://ACCOUNT.table.core.windows.net</c>, or <c>http://127.0.0.1:PORT/ACCOUNT</c> of Azurite.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The shared key; either this or <see cref="Credential"/>.</summary>
    public TablesAccountKey? Key { get; init; }

    /// <summary>The Entra identity, with the role Storage Table Data Contributor; either this or <see cref="Key"/>.</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>What carries requests; null for HTTP.</summary>
    public HttpPipelineTransport? Transport { get; init; }

    /// <summary>Begins each table's name, so that several deployments can share an account: a letter, then letters and digits, 12 at most; or empty.</summary>
    public string TablePrefix { get; init; } = "";

    /// <summary>
    /// The clusters whose table comes into being with the first write; as long as it does not exist, they are empty. Every other cluster
    /// has to be created first, and without its table each operation fails with <see cref="ClusterNotFoundException"/>: a write that
    /// was under way must not bring a deleted cluster back.
    /// </summary>
    public Predicate<string> CreateOnFirstWrite { get; init; } = static cluster => cluster == "default";

    /// <summary>Bytes of one document; a larger one is <see cref="WriteOutcome.TooLarge"/>, as is one that compressed exceeds an entity's 1 MiB.</summary>
    public int MaxDocumentBytes { get; init; } = StoreLimits.MaxDocumentBytes;

    /// <summary>Changes of one partition that stay in memory for watchers.</summary>
    public int TailChanges { get; init; } = 4096;

    /// <summary>Bytes of documents that stay in memory for the watchers of one partition.</summary>
    public long TailBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of objects of one partition that stay in memory with their ETags, so that an update needs no read.</summary>
    public long CacheBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long one try of a request may take. Azure itself gives up after 30 s.</summary>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a failing request is repeated before the answer is <see cref="StoreUnavailableException"/>.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the first repetition; it doubles up to fifty times itself, and half of it is random.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the head is read while somebody waits for it and it moved lately.</summary>
    public TimeSpan FastestPoll { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often it is read when it has not moved for a while.</summary>
    public TimeSpan SlowestPoll { get; init; } = TimeSpan.FromMilliseconds(500);
}
