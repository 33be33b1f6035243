using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>How far a rolling update may go at any moment (k8s.io/kubernetes/pkg/controller/deployment/util).</summary>
internal static class RolloutMath
{
    private static readonly IntOrString Quarter = "25%";

    public static bool IsRollingUpdate(this Deployment deployment) => deployment.Spec?.Strategy?.Type is null or "RollingUpdate";

    public static int Desired(this Deployment deployment) => deployment.Spec?.Replicas ?? 1;

    /// <summary>Pods above the desired count that may exist; percentages round up.</summary>
    public static int MaxSurge(this Deployment deployment) => deployment.IsRollingUpdate() ? Fenceposts(deployment).Surge : 0;

    /// <summary>Pods of the desired count that may be missing; percentages round down.</summary>
    public static int MaxUnavailable(this Deployment deployment) =>
        deployment.IsRollingUpdate() && deployment.Desired() > 0 ? Math.Min(Fenceposts(deployment).Unavailable, deployment.Desired()) : 0;

    /// <summary>The size of the new ReplicaSet after this step, given the sizes of all.</summary>
    public static int NewSize(Deployment deployment, int newSize, int totalSize)
    {
        if (!deployment.IsRollingUpdate())
        {
            return deployment.Desired();
        }
        var room = deployment.Desired() + deployment.MaxSurge() - totalSize;
        return room <= 0 ? newSize : newSize + Math.Min(room, deployment.Desired() - newSize);
    }

    /// <summary>
    /// By how much one ReplicaSet grows (or shrinks, negative) when a Deployment is scaled in the middle of a rollout: in proportion to its
    /// share, never beyond what is left to add.
    /// </summary>
    public static int Proportion(Deployment deployment, int size, int? maxReplicasBefore, int toAdd, int added)
    {
        if (size == 0 || toAdd == 0 || toAdd == added)
        {
            return 0;
        }
        var fraction = Fraction(deployment, size, maxReplicasBefore);
        return toAdd > 0 ? Math.Min(fraction, toAdd - added) : Math.Max(fraction, toAdd - added);
    }

    private static int Fraction(Deployment deployment, int size, int? maxReplicasBefore)
    {
        if (deployment.Desired() == 0)
        {
            return -size;
        }
        var before = maxReplicasBefore is > 0 ? maxReplicasBefore.Value : deployment.Status?.Replicas ?? 0;
        if (before == 0)
        {
            return 0;
        }
        var scaled = (double)size * (deployment.Desired() + deployment.MaxSurge()) / before;
        return (int)Math.Round(scaled, MidpointRounding.AwayFromZero) - size;
    }

    private static (int Surge, int Unavailable) Fenceposts(Deployment deployment)
    {
        var rolling = deployment.Spec?.Strategy?.RollingUpdate;
        var surge = (rolling?.MaxSurge ?? Quarter).Scaled(deployment.Desired(), roundUp: true);
        var unavailable = (rolling?.MaxUnavailable ?? Quarter).Scaled(deployment.Desired(), roundUp: false);
        // Both may be zero only by rounding (validation refuses 0 and 0); a rollout needs room to move, and taking one away is the safe one.
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable);
    }
}
