using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace CloudPlane.Api;

/// <summary>The agent's own paths, /cloudplane/v1/...: joining; then either the tunnel and answers to what came down it, or the link.</summary>
/// <param name="links">Null where nodes hold connections.</param>
/// <param name="ending">The server is about to stop.</param>
internal sealed class NodeEndpoints(
    Authenticator authenticator, NodeTunnels tunnels, INodeLinks? links, TimeProvider time, ApiServerOptions options, CancellationToken ending)
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    /// <summary>False when there is no such path.</summary>
    public async ValueTask<bool> ServeAsync(
        ApiRequest request, ApiResponse response, TokenSigner? tokens, string[] segments, CancellationToken cancellationToken)
    {
        switch (segments)
        {
            case ["cloudplane", "v1", "join"]:
                Require(request, "POST");
                await JoinAsync(request, response, tokens, cancellationToken);
                return true;
            case ["cloudplane", "v1", "nodes", var node, "tunnel"]:
                Require(request, "GET");
                RequireNode(request, tokens, node);
                await TunnelAsync(request, response, node, cancellationToken);
                return true;
            case ["cloudplane", "v1", "nodes", var node, "streams", var id]:
                Require(request, "POST");
                RequireNode(request, tokens, node);
                await AnswerAsync(request, response, node, id, cancellationToken);
                return true;
            case ["cloudplane", "v1", "nodes", var node, "wakeup"]:
                Require(request, "POST");
                RequireNode(request, tokens, node);
                await LinkAsync(request, response, await FindLinkAsync(request, node, cancellationToken), cancellationToken);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A join token, or the node's own while it lasts, for a new token of the node.</summary>
    private async ValueTask JoinAsync(ApiRequest request, ApiResponse response, TokenSigner? tokens, CancellationToken cancellationToken)
    {
        var claims = authenticator.Bearer(request, tokens);
        if (tokens is null || claims is null)
            throw ApiErrors.Unauthorized();
        var node = NodeNameIn(await RequestBody.ReadAsync(request, cancellationToken));
        var allowed = claims.Use == TokenUse.Join || (claims.Use == TokenUse.Node && claims.Subject == node);
        if (!allowed)
            throw ApiErrors.ForbiddenPath(claims.Subject, "post", request.Path);

        var expires = time.GetUtcNow() + options.NodeTokenLifetime;
        var answer = new JsonObject
        {
            ["token"] = tokens.Issue(new TokenClaims(TokenUse.Node, node, request.Cluster, expires)),
            ["expirationTimestamp"] = JsonFields.Timestamp(expires),
        };
        await Responder.BytesAsync(request, response, new QueryParameters(""), Documents.ToBytes(answer), "application/json", 200, cancellationToken);
    }

    /// <summary>Null where nodes hold connections. A node that says "renewal=true" has its queue; it asks anew when that is gone.</summary>
    private async ValueTask<NodeLink?> FindLinkAsync(ApiRequest request, string node, CancellationToken cancellationToken)
    {
        if (links is null)
            return null;
        return new QueryParameters(request.Query).Flag("renewal")
            ? await links.RenewAsync(request.Cluster, node, cancellationToken)
            : await links.OpenAsync(request.Cluster, node, cancellationToken);
    }

    /// <summary>Without a link the node holds watches. A 404 would not do to say so: that is also the answer of a cluster that was deleted.</summary>
    private ValueTask LinkAsync(ApiRequest request, ApiResponse response, NodeLink? link, CancellationToken cancellationToken)
    {
        var answer = link is null
            ? new JsonObject { ["watch"] = true }
            : new JsonObject
            {
                ["queue"] = link.Queue.AbsoluteUri,
                ["token"] = link.Token,
                ["expirationTimestamp"] = JsonFields.Timestamp(link.Expires),
                // For nodes whose clock is wrong.
                ["expiresInSeconds"] = (long)(link.Expires - time.GetUtcNow()).TotalSeconds,
                ["heartbeatSeconds"] = (long)link.Heartbeat.TotalSeconds,
            };
        return Responder.BytesAsync(request, response, new QueryParameters(""), Documents.ToBytes(answer), "application/json", 200, cancellationToken);
    }

    /// <summary>A DNS-1123 subdomain, as a Node's name must be.</summary>
    private static string NodeNameIn(ReadOnlyMemory<byte> body)
    {
        const int longest = 253;
        JsonObject? document;
        try
        {
            document = JsonNode.Parse(body.Span) as JsonObject;
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadRequest($"the body is not JSON: {e.Message}");
        }

        var name = document.Text("nodeName");
        var valid = name.Length is > 0 and <= longest && name.Split('.').All(label =>
            label.Length > 0 && label[0] != '-' && label[^1] != '-' && label.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'));
        return valid ? name : throw ApiErrors.BadRequest($"nodeName: Invalid value: {GoText.Quote(name.Length > 300 ? name[..300] : name)}: must be a DNS-1123 subdomain");
    }

    private async ValueTask TunnelAsync(ApiRequest request, ApiResponse response, string node, CancellationToken cancellationToken)
    {
        var requests = tunnels.Open(request.Cluster, node);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ending);
        try
        {
            response.StatusCode = 200;
            response.ContentType = "application/x-ndjson";
            await response.Body.FlushAsync(cancellationToken);
            while (await WaitAsync(requests, end.Token))
            {
                if (requests.TryRead(out var line))
                    response.Body.Write(Encoding.UTF8.GetBytes(line));
                // An empty line keeps proxies from cutting a silent connection.
                response.Body.Write(NewLine);
                if ((await response.Body.FlushAsync(cancellationToken)).IsCompleted)
                    return;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The node connects again, to an instance that stays.
        }
        finally
        {
            tunnels.Close(request.Cluster, node, requests);
        }
    }

    /// <summary>True when there is something to read, or the time for a keep-alive has come; false at the end.</summary>
    private async ValueTask<bool> WaitAsync(ChannelReader<string> requests, CancellationToken cancellationToken)
    {
        try
        {
            return await requests.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(options.TunnelKeepAlive, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    /// <summary>The node's answer: its body is read by whoever asked; this call ends when that reader is done.</summary>
    private async ValueTask AnswerAsync(ApiRequest request, ApiResponse response, string node, string id, CancellationToken cancellationToken)
    {
        if (!int.TryParse(request.StreamStatus, NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599)
            throw ApiErrors.BadRequest("CloudPlane-Status: must be an HTTP status");
        if (tunnels.Find(id, request.Cluster, node) is { } stream
            && stream.Offer(new StreamAnswer(status, request.ContentType ?? "text/plain", request.Body, cancellationToken)))
            await stream.Done;
        response.StatusCode = 200;
        response.ContentLength = 0;
        await response.Body.FlushAsync(cancellationToken);
    }

    private void RequireNode(ApiRequest request, TokenSigner? tokens, string node)
    {
        var user = authenticator.Authenticate(request, tokens) ?? throw ApiErrors.Unauthorized();
        if (user.NodeName != node)
            throw ApiErrors.ForbiddenPath(user.Name, request.Method.ToLowerInvariant(), request.Path);
    }

    private static void Require(ApiRequest request, string method)
    {
        if (request.Method != method)
            throw ApiErrors.MethodNotAllowed();
    }
}
