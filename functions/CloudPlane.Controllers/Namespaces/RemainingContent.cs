using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>What is still in a namespace, and how its conditions tell of it (pkg/controller/namespace/deletion/status_condition_utils.go).</summary>
internal sealed class RemainingContent
{
    private readonly SortedDictionary<string, int> _resources = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _finalizers = new(StringComparer.Ordinal);
    private readonly List<string> _failures = [];

    public bool IsEmpty => _resources.Count == 0 && _failures.Count == 0;

    public void Add(ResourceInfo resource, ObjectMeta content)
    {
        var name = $"{resource.Plural}.{resource.Group}";
        _resources[name] = _resources.GetValueOrDefault(name) + 1;
        foreach (var finalizer in content.Finalizers ?? [])
        {
            _finalizers[finalizer] = _finalizers.GetValueOrDefault(finalizer) + 1;
        }
    }

    public void AddFailure(ApiException failure) => _failures.Add(failure.Message);

    public IReadOnlyList<NamespaceCondition> Conditions(IReadOnlyList<NamespaceCondition>? current, DateTimeOffset now)
    {
        NamespaceCondition[] wanted =
        [
            Condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
            Condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            _failures.Count == 0
                ? Condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization")
                : Condition("NamespaceDeletionContentFailure", "True", "ContentDeletionFailed", Failures()),
            _resources.Count == 0
                ? Condition("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed")
                : Condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", $"Some resources are remaining: {Counts(_resources, "has")}"),
            _finalizers.Count == 0
                ? Condition("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
                : Condition(
                    "NamespaceFinalizersRemaining",
                    "True",
                    "SomeFinalizersRemain",
                    $"Some content in the namespace has finalizers remaining: {Counts(_finalizers, "in")}"),
        ];
        return [.. wanted.Select(condition => Kept(current, condition) ?? condition with { LastTransitionTime = now })];
    }

    private static NamespaceCondition Condition(string type, string status, string reason, string message) =>
        new() { Type = type, Status = status, Reason = reason, Message = message };

    private static NamespaceCondition? Kept(IReadOnlyList<NamespaceCondition>? current, NamespaceCondition wanted) =>
        current?.FirstOrDefault(condition =>
            condition.Type == wanted.Type && condition.Status == wanted.Status && condition.Reason == wanted.Reason && condition.Message == wanted.Message);

    private static string Counts(SortedDictionary<string, int> counts, string word) =>
        string.Join(", ", counts.Select(count => $"{count.Key} {word} {count.Value} resource instances"));

    private string Failures() =>
        $"Failed to delete all resource types, {_failures.Count} remaining: {string.Join(", ", _failures.Distinct().Take(10))}";
}
