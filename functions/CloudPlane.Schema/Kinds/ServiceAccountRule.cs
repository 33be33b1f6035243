namespace CloudPlane.Schema;

/// <summary>Nothing but metadata: the secrets it names may come later.</summary>
internal sealed class ServiceAccountRule : KindRule;
