using System.Xml;
using System.Xml.Linq;

namespace CloudPlane.Doubles;

/// <summary>The Atom entry that describes a queue.</summary>
internal static class QueueEntry
{
    public static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";

    private static readonly XNamespace Bus = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
    private static readonly XNamespace Counts = "http://schemas.microsoft.com/netservices/2011/06/servicebus";
    private static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";

    // The service reads its elements in this order and skips one that comes too late, so that it seems set and is not: here it is refused.
    private static readonly string[] Order =
    [
        "LockDuration", "MaxSizeInMegabytes", "RequiresDuplicateDetection", "RequiresSession", "DefaultMessageTimeToLive",
        "DeadLetteringOnMessageExpiration", "DuplicateDetectionHistoryTimeWindow", "MaxDeliveryCount", "EnableBatchedOperations", "SizeInBytes",
        "MessageCount", "IsAnonymousAccessible", "AuthorizationRules", "Status", "ForwardTo", "UserMetadata", "CreatedAt", "UpdatedAt", "AccessedAt",
        "SupportOrdering", "CountDetails", "AutoDeleteOnIdle", "EnablePartitioning", "EntityAvailabilityStatus", "ForwardDeadLetteredMessagesTo",
        "EnableExpress", "MaxMessageSizeInKilobytes",
    ];

    public static QueueSettings Read(Stream body)
    {
        try
        {
            using var reader = XmlReader.Create(body, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var entry = XElement.Load(reader);
            var description = entry.Name == Atom + "entry" ? entry.Element(Atom + "content")?.Element(Bus + "QueueDescription") : null;
            return description is null ? throw new BusException(400, "the body is no Atom entry with a QueueDescription") : Read(description);
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            throw new BusException(400, $"the description of a queue can't be read: {e.Message}");
        }
    }

    /// <param name="queue">What is described.</param>
    /// <param name="showsKeys">Whether who asks may see the keys of its rules; others see them empty.</param>
    public static XElement Write(BusQueue queue, bool showsKeys)
    {
        var settings = queue.Settings;
        var counts = queue.Counts;
        var description = new XElement(Bus + "QueueDescription",
            new XAttribute(XNamespace.Xmlns + "i", Instance.NamespaceName),
            Element("LockDuration", settings.LockDuration),
            Element("MaxSizeInMegabytes", 1024),
            Element("RequiresDuplicateDetection", settings.RequiresDuplicateDetection),
            Element("RequiresSession", settings.RequiresSession),
            Element("DefaultMessageTimeToLive", settings.DefaultMessageTimeToLive),
            Element("DeadLetteringOnMessageExpiration", settings.DeadLetteringOnMessageExpiration),
            Element("DuplicateDetectionHistoryTimeWindow", settings.DuplicateDetectionHistoryTimeWindow),
            Element("MaxDeliveryCount", settings.MaxDeliveryCount),
            Element("EnableBatchedOperations", true),
            Element("SizeInBytes", 0),
            Element("MessageCount", counts.Active + counts.Scheduled + counts.DeadLetter),
            Element("IsAnonymousAccessible", false),
            new XElement(Bus + "AuthorizationRules", settings.Rules.Select(rule => Write(rule, showsKeys))),
            Element("Status", "Active"),
            Element("CreatedAt", queue.CreatedAt),
            Element("SupportOrdering", true),
            new XElement(Bus + "CountDetails",
                new XElement(Counts + "ActiveMessageCount", counts.Active),
                new XElement(Counts + "DeadLetterMessageCount", counts.DeadLetter),
                new XElement(Counts + "ScheduledMessageCount", counts.Scheduled),
                new XElement(Counts + "TransferMessageCount", 0),
                new XElement(Counts + "TransferDeadLetterMessageCount", 0)),
            Element("AutoDeleteOnIdle", settings.AutoDeleteOnIdle),
            Element("EnablePartitioning", false),
            Element("EntityAvailabilityStatus", "Available"),
            Element("EnableExpress", false));
        return new XElement(Atom + "entry",
            new XElement(Atom + "title", new XAttribute("type", "text"), queue.Name),
            new XElement(Atom + "content", new XAttribute("type", "application/xml"), description));
    }

    private static QueueSettings Read(XElement description)
    {
        var settings = new QueueSettings();
        var last = -1;
        foreach (var element in description.Elements())
        {
            var position = element.Name.Namespace == Bus ? Array.IndexOf(Order, element.Name.LocalName) : -1;
            if (position < 0)
                throw new BusException(400, $"a QueueDescription has no element {element.Name}");
            if (position <= last)
                throw new BusException(400, $"{element.Name.LocalName} comes twice or too late in a QueueDescription");
            last = position;
            settings = With(settings, element);
        }
        return settings;
    }

    private static QueueSettings With(QueueSettings settings, XElement element) => element.Name.LocalName switch
    {
        "LockDuration" => settings with { LockDuration = XmlConvert.ToTimeSpan(element.Value) },
        "RequiresDuplicateDetection" => settings with { RequiresDuplicateDetection = XmlConvert.ToBoolean(element.Value) },
        "RequiresSession" => settings with { RequiresSession = XmlConvert.ToBoolean(element.Value) },
        "DefaultMessageTimeToLive" => settings with { DefaultMessageTimeToLive = XmlConvert.ToTimeSpan(element.Value) },
        "DeadLetteringOnMessageExpiration" => settings with { DeadLetteringOnMessageExpiration = XmlConvert.ToBoolean(element.Value) },
        "DuplicateDetectionHistoryTimeWindow" => settings with { DuplicateDetectionHistoryTimeWindow = XmlConvert.ToTimeSpan(element.Value) },
        "MaxDeliveryCount" => settings with { MaxDeliveryCount = XmlConvert.ToInt32(element.Value) },
        "AuthorizationRules" => settings with { Rules = [.. element.Elements(Bus + "AuthorizationRule").Select(ReadRule)] },
        "AutoDeleteOnIdle" => settings with { AutoDeleteOnIdle = XmlConvert.ToTimeSpan(element.Value) },
        // Forwarding and partitions change what a queue does, and this one can't.
        "ForwardTo" or "ForwardDeadLetteredMessagesTo" => throw new BusException(400, $"{element.Name.LocalName} is not supported here"),
        "EnablePartitioning" or "EnableExpress" when XmlConvert.ToBoolean(element.Value) =>
            throw new BusException(400, $"{element.Name.LocalName} is not supported here"),
        _ => settings,
    };

    private static AccessRule ReadRule(XElement rule)
    {
        if (rule.Attribute(Instance + "type")?.Value != "SharedAccessAuthorizationRule")
            throw new BusException(400, "an AuthorizationRule is a SharedAccessAuthorizationRule");
        var rights = rule.Elements(Bus + "Rights").Elements(Bus + "AccessRights").Aggregate(AccessRights.None, (all, right) => all | Right(right.Value));
        var name = rule.Element(Bus + "KeyName")?.Value ?? throw new BusException(400, "an AuthorizationRule needs a KeyName");
        var key = rule.Element(Bus + "PrimaryKey")?.Value ?? throw new BusException(400, "an AuthorizationRule needs a PrimaryKey");
        return new AccessRule(name, rights, key, rule.Element(Bus + "SecondaryKey")?.Value);
    }

    private static AccessRights Right(string name) => name switch
    {
        "Listen" => AccessRights.Listen,
        "Send" => AccessRights.Send,
        "Manage" => AccessRights.Manage,
        _ => throw new BusException(400, $"there is no right {name}"),
    };

    private static XElement Write(AccessRule rule, bool showsKeys) => new(Bus + "AuthorizationRule",
        new XAttribute(Instance + "type", "SharedAccessAuthorizationRule"),
        new XElement(Bus + "ClaimType", "SharedAccessKey"),
        new XElement(Bus + "ClaimValue", "None"),
        new XElement(Bus + "Rights",
            new[] { AccessRights.Manage, AccessRights.Send, AccessRights.Listen }.Where(right => rule.Rights.HasFlag(right))
                .Select(right => new XElement(Bus + "AccessRights", right.ToString()))),
        new XElement(Bus + "KeyName", rule.Name),
        new XElement(Bus + "PrimaryKey", showsKeys ? rule.PrimaryKey : ""),
        rule.SecondaryKey is null ? null : new XElement(Bus + "SecondaryKey", showsKeys ? rule.SecondaryKey : ""));

    private static XElement Element(string name, object value) => new(Bus + name, value);
}
