using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CloudPlane.Api;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Functions;

/// <summary>
/// The deployment's own API, /cloudplane/v1/clusters: an administrator of the deployment makes clusters and deletes them, and gets their
/// first credentials.
/// </summary>
internal sealed class ClusterAdministration(
    ClusterRegistry registry, IClusterTables tables, MasterSecret secret, Uri publicUrl, TimeProvider time)
{
    private const int LargestBody = 4096;
    private const string AdministratorName = "kubernetes-admin";

    private static readonly TimeSpan KubeconfigLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan JoinTokenLifetime = TimeSpan.FromHours(24);

    private readonly DeploymentTokens _administrators = new(secret, time);

    /// <summary>False when the request is for something else.</summary>
    public async ValueTask<bool> ServeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/cloudplane/v1/clusters", out var rest))
            return false;
        try
        {
            if (!_administrators.Holds(context.Request.Headers.Authorization))
                throw new Refusal(401, "Unauthorized", "Unauthorized: the token of an administrator of the deployment is needed (cloudplane deployment token)");
            await ServeAsync(context, rest.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (Refusal refusal)
        {
            await WriteAsync(context, refusal.Code, writer => WriteStatus(writer, refusal));
        }
        catch (StoreUnavailableException)
        {
            var unavailable = new Refusal(503, "ServiceUnavailable", "the tables don't answer, or are still deleting a cluster; try again");
            await WriteAsync(context, unavailable.Code, writer => WriteStatus(writer, unavailable));
        }

        return true;
    }

    private Task ServeAsync(HttpContext context, string[] path) => (context.Request.Method, path) switch
    {
        ("GET", []) => ListAsync(context),
        ("POST", []) => CreateAsync(context),
        ("GET", [var name]) => ShowAsync(context, name),
        ("DELETE", [var name]) => DeleteAsync(context, name),
        ("POST", [var name, "kubeconfig"]) => KubeconfigAsync(context, name),
        ("POST", [var name, "join-token"]) => JoinTokenAsync(context, name),
        (_, [] or [_] or [_, "kubeconfig" or "join-token"]) => throw new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        _ => throw new Refusal(404, "NotFound", "the server could not find the requested resource"),
    };

    private async Task ListAsync(HttpContext context)
    {
        var clusters = await registry.ListAsync(context.RequestAborted);
        await WriteAsync(context, 200, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            // The default cluster has a record only once it has nodes.
            if (clusters.All(cluster => cluster.Name != ClusterRegistry.Default))
                Write(writer, ClusterRegistry.DefaultRecord);
            foreach (var cluster in clusters)
                Write(writer, cluster);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private async Task CreateAsync(HttpContext context)
    {
        var name = Name(await BodyAsync(context));
        if (ClusterName.Problem(name) is { } problem)
            throw new Refusal(422, "Invalid", $"cluster {Quote(name)} is invalid: name: {problem}");
        var id = Guid.NewGuid();
        var record = new ClusterRecord(name, id.ToString("N"), time.GetUtcNow(), NodesSeen: null);
        // The table first: a cluster that is served has one. One that a crash left without a record holds nothing.
        await tables.CreateClusterAsync(record.StateName, context.RequestAborted);
        if (!await registry.AddAsync(record, id, context.RequestAborted))
        {
            await tables.DropClusterAsync(record.StateName, context.RequestAborted);
            throw new Refusal(409, "AlreadyExists", $"cluster {Quote(name)} already exists");
        }

        await WriteAsync(context, 201, writer => Write(writer, record));
    }

    private async Task ShowAsync(HttpContext context, string name)
    {
        var record = await RecordAsync(context, name);
        await WriteAsync(context, 200, writer => Write(writer, record));
    }

    private async Task DeleteAsync(HttpContext context, string name)
    {
        if (name == ClusterRegistry.Default)
            throw new Refusal(422, "Invalid", ClusterName.Problem(name)!);
        var record = await RecordAsync(context, name);
        // The record last: until then a delete that was cut off can be repeated.
        await tables.DropClusterAsync(record.StateName, context.RequestAborted);
        await registry.RemoveAsync(name, context.RequestAborted);
        await WriteAsync(context, 200, writer => Write(writer, record));
    }

    private async Task KubeconfigAsync(HttpContext context, string name)
    {
        var record = await RecordAsync(context, name);
        var text = Kubeconfig.Build(UrlOf(record), name, await TokenAsync(record, TokenUse.Admin, AdministratorName, Lifetime(context, KubeconfigLifetime), context.RequestAborted));
        context.Response.ContentType = "application/yaml";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted);
    }

    private async Task JoinTokenAsync(HttpContext context, string name)
    {
        var record = await RecordAsync(context, name);
        var lifetime = Lifetime(context, JoinTokenLifetime);
        var token = await TokenAsync(record, TokenUse.Join, "join", lifetime, context.RequestAborted);
        await WriteAsync(context, 200, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("token"u8, token);
            writer.WriteString("server"u8, UrlOf(record));
            writer.WriteString("expirationTimestamp"u8, time.GetUtcNow() + lifetime);
            writer.WriteEndObject();
        });
    }

    private async ValueTask<string> TokenAsync(ClusterRecord record, TokenUse use, string subject, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var served = await registry.FindAsync(record.Name, cancellationToken) ?? throw NotFound(record.Name);
        return served.Tokens!.Issue(new TokenClaims(use, subject, record.StateName, time.GetUtcNow() + lifetime));
    }

    private async ValueTask<ClusterRecord> RecordAsync(HttpContext context, string name) =>
        await registry.FindRecordAsync(name, context.RequestAborted) ?? throw NotFound(name);

    private static Refusal NotFound(string name) => new(404, "NotFound", $"cluster {Quote(name)} not found");

    private string UrlOf(ClusterRecord record) =>
        record.Name == ClusterRegistry.Default ? publicUrl.AbsoluteUri.TrimEnd('/') : $"{publicUrl.AbsoluteUri.TrimEnd('/')}/clusters/{record.Name}";

    private void Write(Utf8JsonWriter writer, ClusterRecord record)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, record.Name);
        writer.WriteString("server"u8, UrlOf(record));
        if (record.Created > DateTimeOffset.UnixEpoch)
            writer.WriteString("creationTimestamp"u8, record.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    private static TimeSpan Lifetime(HttpContext context, TimeSpan otherwise)
    {
        if (context.Request.Query["ttl"].ToString() is not { Length: > 0 } text)
            return otherwise;
        return Settings.TryParseDuration(text, out var lifetime)
            ? lifetime
            : throw new Refusal(400, "BadRequest", $"ttl: {Quote(text)} is not a duration; write e.g. 15m, 24h or 7d");
    }

    private static async ValueTask<byte[]> BodyAsync(HttpContext context)
    {
        var buffer = new byte[LargestBody + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length <= LargestBody ? buffer[..length] : throw new Refusal(413, "RequestEntityTooLarge", $"the body has more than {LargestBody} bytes");
    }

    private static string Name(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String)
                return name.GetString()!;
        }
        catch (JsonException)
        {
            // Told below, like every other body that has no name.
        }

        throw new Refusal(400, "BadRequest", "the body must be a JSON object with the text \"name\"");
    }

    private static string Quote(string name) => $"\"{(name.Length > 100 ? $"{name[..100]}..." : name)}\"";

    private static void WriteStatus(Utf8JsonWriter writer, Refusal refusal)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "Status"u8);
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteString("status"u8, "Failure"u8);
        writer.WriteString("message"u8, refusal.Message);
        writer.WriteString("reason"u8, refusal.Reason);
        writer.WriteNumber("code"u8, refusal.Code);
        writer.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    /// <summary>An answer that is a failure, as a metav1.Status.</summary>
    private sealed class Refusal(int code, string reason, string message) : Exception(message)
    {
        public int Code { get; } = code;

        public string Reason { get; } = reason;
    }
}
