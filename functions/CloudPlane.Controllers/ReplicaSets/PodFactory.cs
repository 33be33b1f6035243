using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// The pods that a ReplicaSet makes. Their names are not random: they come from a sequence that the set's uid fixes, and the next pods
/// take the first names that are free. Two runs at once therefore make the same pods, and one of them is told that they exist already:
/// the count can't overshoot, with no expectations kept in memory.
/// </summary>
internal static class PodFactory
{
    public static IEnumerable<Pod> Next(ReplicaSet set, ReplicaSnapshot<Pod> pods, int count)
    {
        var made = 0;
        for (var slot = 0; made < count; slot++)
        {
            var name = NameOf(set, slot);
            if (pods.Get(set.Metadata.Namespace!, name) is null)
            {
                made++;
                yield return New(set, name);
            }
        }
    }

    internal static string NameOf(ReplicaSet set, int slot)
    {
        var suffix = SafeNames.Suffix(string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Uid}/{slot}"));
        return SafeNames.WithSuffix($"{set.Metadata.Name}-", suffix);
    }

    private static Pod New(ReplicaSet set, string name)
    {
        var template = set.Spec!.Template!;
        return new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                GenerateName = $"{set.Metadata.Name}-",
                Namespace = set.Metadata.Namespace,
                Labels = template.Metadata.Labels,
                Annotations = template.Metadata.Annotations,
                Finalizers = template.Metadata.Finalizers,
                OwnerReferences = [Owners.ControllerReference(set)],
            },
            Spec = template.Spec,
        };
    }
}
