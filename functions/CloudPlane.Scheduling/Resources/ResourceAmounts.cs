using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Amounts per resource: cpu in millicores, the others in whole units (bytes, devices). Mutable; for sums.</summary>
internal sealed class ResourceAmounts
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string Pods = "pods";

    private readonly Dictionary<string, long> _amounts;

    public ResourceAmounts() => _amounts = [];

    private ResourceAmounts(Dictionary<string, long> amounts) => _amounts = amounts;

    public IEnumerable<KeyValuePair<string, long>> All => _amounts;

    public long this[string resource]
    {
        get => _amounts.GetValueOrDefault(resource);
        set => _amounts[resource] = value;
    }

    /// <summary>A ResourceList; an entry that is no quantity counts as nothing (the API admits none).</summary>
    public static ResourceAmounts From(IReadOnlyDictionary<string, string>? list)
    {
        var amounts = new ResourceAmounts();
        foreach (var (resource, text) in list ?? new Dictionary<string, string>())
            if (Quantity.TryParse(text, out var quantity))
                amounts[resource] = resource == Cpu ? quantity.MilliValue : quantity.Value;
        return amounts;
    }

    public void Add(ResourceAmounts other)
    {
        foreach (var (resource, amount) in other._amounts) this[resource] += amount;
    }

    public void RaiseTo(ResourceAmounts other)
    {
        foreach (var (resource, amount) in other._amounts) this[resource] = Math.Max(this[resource], amount);
    }

    public void Override(ResourceAmounts other)
    {
        foreach (var (resource, amount) in other._amounts) this[resource] = amount;
    }

    public ResourceAmounts Copy() => new(new(_amounts));
}
