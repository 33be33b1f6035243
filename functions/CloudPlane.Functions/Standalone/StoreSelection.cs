using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>Where a standalone control plane keeps its state.</summary>
internal abstract record StoreSelection
{
    /// <exception cref="SettingsException">The store is unknown, or what it needs is missing or wrong.</exception>
    public static StoreSelection From(Settings settings) => settings.Get("store") switch
    {
        "sqlite" => new Sqlite(),
        "memory" => new Memory(),
        "azure-tables" => Tables(settings),
        var store => throw new SettingsException($"--store: \"{store}\" is unknown; use sqlite, memory or azure-tables"),
    };

    /// <summary>Whether this process calls others over TLS for it.</summary>
    public bool NeedsTls => this is AzureTables { Options.Endpoint.Scheme: "https" };

    public abstract IStateStore Open(string dataDirectory);

    private static AzureTables Tables(Settings settings)
    {
        var endpoint = settings.Get("tables-endpoint");
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new SettingsException($"--tables-endpoint: \"{endpoint}\" is no http or https address");
        if (settings.Find("tables-key") is { } key)
            return new(new TablesStoreOptions { Endpoint = uri, Key = ParseKey(key) });
        return uri.Scheme == "https"
            ? new(new TablesStoreOptions { Endpoint = uri, Credential = AzureIdentity.Create() })
            : throw new SettingsException("--tables-endpoint: without --tables-key it must be https, as a token is sent");
    }

    private static TablesAccountKey ParseKey(string text)
    {
        try
        {
            return TablesAccountKey.Parse(text);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"--tables-key: {e.Message}");
        }
    }

    internal sealed record Sqlite : StoreSelection
    {
        public override IStateStore Open(string dataDirectory) => new SqliteStore(new SqliteStoreOptions { Directory = dataDirectory });
    }

    internal sealed record Memory : StoreSelection
    {
        public override IStateStore Open(string dataDirectory) => new MemoryStore();
    }

    internal sealed record AzureTables(TablesStoreOptions Options) : StoreSelection
    {
        public override IStateStore Open(string dataDirectory) => new TablesStore(Options, TimeProvider.System, Random.Shared);
    }
}
