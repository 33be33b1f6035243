using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace CloudPlane.Functions;

/// <summary>The Atom entry in which Service Bus takes and gives the description of a queue.</summary>
internal static class QueueDescriptionXml
{
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";
    private static readonly XNamespace Bus = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
    private static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";

    /// <summary>The order of the elements is the service's: it ignores what comes out of order.</summary>
    public static byte[] Write(QueueProperties properties)
    {
        var description = new XElement(Bus + "QueueDescription",
            new XAttribute(XNamespace.Xmlns + "i", Instance.NamespaceName),
            Element("LockDuration", properties.LockDuration),
            new XElement(Bus + "RequiresDuplicateDetection", properties.RequiresDuplicateDetection),
            new XElement(Bus + "RequiresSession", properties.RequiresSession),
            Element("DefaultMessageTimeToLive", properties.DefaultMessageTimeToLive),
            Element("DuplicateDetectionHistoryTimeWindow", properties.DuplicateDetectionHistoryTimeWindow),
            properties.MaxDeliveryCount is { } count ? new XElement(Bus + "MaxDeliveryCount", count) : null,
            properties.Rules.Count == 0 ? null : new XElement(Bus + "AuthorizationRules", properties.Rules.Select(Write)),
            Element("AutoDeleteOnIdle", properties.AutoDeleteOnIdle));
        var entry = new XElement(Atom + "entry", new XElement(Atom + "content", new XAttribute("type", "application/xml"), description));
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new System.Text.UTF8Encoding(false) }))
            entry.Save(writer);
        return stream.ToArray();
    }

    /// <summary>
    /// Null when the answer is no entry of a queue: to a GET of a name that is not taken the service answers with a list.
    /// </summary>
    /// <exception cref="FormatException">The answer is not what the service documents.</exception>
    public static QueueDescription? Read(Stream content)
    {
        try
        {
            // Without a resolver and with documents' types refused, XML from outside can't reach anything.
            using var reader = XmlReader.Create(content, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var root = XElement.Load(reader);
            return root.Element(Atom + "content")?.Element(Bus + "QueueDescription") is { } description ? Read(description) : null;
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            throw new FormatException("the description of a queue can't be read", e);
        }
    }

    private static QueueDescription Read(XElement description)
    {
        var counts = description.Element(Bus + "CountDetails");
        var properties = new QueueProperties
        {
            RequiresSession = Flag(description, "RequiresSession"),
            RequiresDuplicateDetection = Flag(description, "RequiresDuplicateDetection"),
            DuplicateDetectionHistoryTimeWindow = Duration(description, "DuplicateDetectionHistoryTimeWindow"),
            LockDuration = Duration(description, "LockDuration"),
            MaxDeliveryCount = description.Element(Bus + "MaxDeliveryCount") is { } count ? XmlConvert.ToInt32(count.Value) : null,
            DefaultMessageTimeToLive = Duration(description, "DefaultMessageTimeToLive"),
            AutoDeleteOnIdle = Duration(description, "AutoDeleteOnIdle"),
            Rules = [.. description.Elements(Bus + "AuthorizationRules").Elements(Bus + "AuthorizationRule").Select(ReadRule)],
        };
        return new QueueDescription(properties,
            Count(counts, "ActiveMessageCount"), Count(counts, "ScheduledMessageCount"), Count(counts, "DeadLetterMessageCount"));
    }

    private static XElement Write(QueueRule rule) => new(Bus + "AuthorizationRule",
        new XAttribute(Instance + "type", "SharedAccessAuthorizationRule"),
        new XElement(Bus + "ClaimType", "SharedAccessKey"),
        new XElement(Bus + "ClaimValue", "None"),
        new XElement(Bus + "Rights",
            Enum.GetValues<QueueRights>().Where(right => right != QueueRights.None && rule.Rights.HasFlag(right))
                .Select(right => new XElement(Bus + "AccessRights", right.ToString()))),
        new XElement(Bus + "KeyName", rule.Name),
        new XElement(Bus + "PrimaryKey", rule.Key));

    private static QueueRule ReadRule(XElement rule)
    {
        var rights = rule.Elements(Bus + "Rights").Elements(Bus + "AccessRights")
            .Aggregate(QueueRights.None, (all, right) => all | (Enum.TryParse<QueueRights>(right.Value, out var one) ? one : QueueRights.None));
        return new QueueRule(rule.Element(Bus + "KeyName")?.Value ?? "", rights, rule.Element(Bus + "PrimaryKey")?.Value ?? "");
    }

    private static XElement? Element(string name, TimeSpan? value) =>
        value is { } duration ? new XElement(Bus + name, XmlConvert.ToString(duration)) : null;

    private static bool Flag(XElement parent, string name) => parent.Element(Bus + name) is { } element && XmlConvert.ToBoolean(element.Value);

    private static TimeSpan? Duration(XElement parent, string name)
    {
        // "Without end" is written as the longest duration of .NET, which is null here.
        var duration = parent.Element(Bus + name) is { } element ? XmlConvert.ToTimeSpan(element.Value) : (TimeSpan?)null;
        return duration == TimeSpan.MaxValue ? null : duration;
    }

    // The counts are in a namespace of another year.
    private static long Count(XElement? counts, string name) =>
        counts?.Elements().FirstOrDefault(element => element.Name.LocalName == name) is { } element
            ? long.Parse(element.Value, NumberStyles.Integer, CultureInfo.InvariantCulture)
            : 0;
}
