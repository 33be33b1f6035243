namespace CloudPlane.Functions.Tests;

public sealed class StoreSelectionTests
{
    private const string Azure = "https://account.table.core.windows.net";

    [Theory]
    [InlineData("memory", null, null, false)]
    [InlineData("azure-tables", "http://127.0.0.1:10002/devstoreaccount1", "devstoreaccount1:AAAA", false)]
    [InlineData("azure-tables", Azure, "account:AAAA", true)]
    [InlineData("azure-tables", Azure, null, true)]
    public async Task A_store_is_opened_as_told(string store, string? endpoint, string? key, bool needsTls)
    {
        var selection = StoreSelection.From(Read(store, endpoint, key));
        Assert.Equal(needsTls, selection.NeedsTls);
        // Opening sends nothing.
        await using var opened = selection.Open("/nowhere");
    }

    [Theory]
    [InlineData("etcd", null, null, "--store: \"etcd\" is unknown; use sqlite, memory or azure-tables")]
    [InlineData("azure-tables", null, null, "--tables-endpoint is required")]
    [InlineData("azure-tables", "account", "account:AAAA", "--tables-endpoint: \"account\" is no http or https address")]
    [InlineData("azure-tables", Azure, "AAAA", "--tables-key: not of the form account:base64key")]
    [InlineData("azure-tables", Azure, "account:secret!", "--tables-key: not of the form account:base64key")]
    [InlineData("azure-tables", "http://account.example", null, "--tables-endpoint: without --tables-key it must be https, as a token is sent")]
    public void What_is_wrong_is_said_and_no_secret_repeated(string store, string? endpoint, string? key, string message) =>
        Assert.Equal(message, Assert.Throws<SettingsException>(() => StoreSelection.From(Read(store, endpoint, key))).Message);

    private static Settings Read(string store, string? endpoint, string? key) => ServeCommand.Settings.Read(
        ["--store", store],
        name => name switch { "CLOUDPLANE_TABLES_ENDPOINT" => endpoint, "CLOUDPLANE_TABLES_KEY" => key, _ => null },
        _ => throw new FileNotFoundException());
}
