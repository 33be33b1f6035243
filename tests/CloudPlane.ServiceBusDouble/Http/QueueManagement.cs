using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>Queues as Atom entries: PUT makes or changes one, GET describes it, DELETE removes it.</summary>
internal sealed class QueueManagement(ServiceBusDouble bus)
{
    private const string EntryType = "application/atom+xml;type=entry;charset=utf-8";

    // The versions that clients in the field use.
    private static readonly string[] ApiVersions = ["2017-04", "2021-05"];

    public async Task<Reply> HandleAsync(HttpRequest request, string name, CancellationToken cancellationToken)
    {
        bus.Authorize(request.Headers.Authorization, request.Host.Value ?? "", name, name, AccessRights.Manage);
        if (!ApiVersions.Contains(request.Query["api-version"].ToString()))
            throw new BusException(400, $"api-version is one of {string.Join(", ", ApiVersions)}");
        bus.Meter.Add(name, OperationKind.Management, 0);
        // Identities see no keys, unless they may list them, which a data role does not say.
        var showsKeys = request.Headers.Authorization.ToString().StartsWith("SharedAccessSignature", StringComparison.OrdinalIgnoreCase);
        return request.Method switch
        {
            "GET" when name.Length == 0 || name.Equals("$Resources/queues", StringComparison.OrdinalIgnoreCase) => Feed(),
            "GET" => bus.Find(name) is { } queue ? Entry(200, queue, showsKeys) : Feed(),
            "PUT" => await PutAsync(request, name, showsKeys, cancellationToken),
            "DELETE" => bus.DeleteQueue(name) ? new Reply(200) : throw new BusException(404, $"SubCode=40400. Not found: queue {name}"),
            _ => throw new BusException(405, $"{request.Method} is not allowed here."),
        };
    }

    private async Task<Reply> PutAsync(HttpRequest request, string name, bool showsKeys, CancellationToken cancellationToken)
    {
        if (request.ContentType?.StartsWith("application/atom+xml", StringComparison.OrdinalIgnoreCase) != true)
            throw new BusException(400, "the content type of a description is application/atom+xml");
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        body.Position = 0;
        var settings = QueueEntry.Read(body);
        if (request.Headers.IfMatch.Count == 0)
            return Entry(201, bus.CreateQueue(name, settings), showsKeys);
        var queue = bus.Queue(name);
        if (settings.Fault() is { } fault)
            throw new BusException(400, fault);
        queue.Update(settings);
        return Entry(200, queue, showsKeys);
    }

    private static Reply Entry(int status, BusQueue queue, bool showsKeys) => new(status) { ContentType = EntryType, Body = Bytes(QueueEntry.Write(queue, showsKeys)) };

    /// <summary>What Service Bus answers for a name that no queue has as well.</summary>
    private Reply Feed()
    {
        var feed = new XElement(QueueEntry.Atom + "feed",
            new XElement(QueueEntry.Atom + "title", new XAttribute("type", "text"), "Queues"),
            bus.QueueNames.Select(name => new XElement(QueueEntry.Atom + "entry", new XElement(QueueEntry.Atom + "title", new XAttribute("type", "text"), name))));
        return new Reply(200) { ContentType = "application/atom+xml;type=feed;charset=utf-8", Body = Bytes(feed) };
    }

    private static byte[] Bytes(XElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
            element.Save(writer);
        return stream.ToArray();
    }
}
