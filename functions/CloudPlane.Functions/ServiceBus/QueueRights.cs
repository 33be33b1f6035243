namespace CloudPlane.Functions;

/// <summary>What an authorization rule allows. Service Bus takes Manage only together with the other two.</summary>
[Flags]
internal enum QueueRights
{
    None = 0,
    Listen = 1,
    Send = 2,
    Manage = 4,
}
