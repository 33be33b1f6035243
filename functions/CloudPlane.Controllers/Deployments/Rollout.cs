using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>One reconcile of one Deployment: what was read, and the writes that move it on. Every write replaces exactly the state that was read.</summary>
internal sealed class Rollout(Deployment deployment, RevisionSets sets, ApiClient api, EventRecorder events, TimeProvider time)
{
    private const string Scaling = "ScalingReplicaSet";

    public Deployment Deployment { get; private set; } = deployment;

    public RevisionSets Sets { get; private set; } = sets;

    /// <summary>Resizes a set; true when its size changed. Sets of the right size still get the annotations that say for which Deployment size.</summary>
    public async Task<bool> ScaleAsync(ReplicaSet set, int size, CancellationToken cancellationToken)
    {
        var before = RevisionSets.Size(set);
        var annotations = RevisionAnnotations.ForSize(Deployment, set.Metadata.Annotations);
        if (before == size && annotations is null)
        {
            return false;
        }
        var scaled = set with
        {
            Metadata = set.Metadata with { Annotations = annotations ?? set.Metadata.Annotations },
            Spec = set.Spec! with { Replicas = size },
        };
        Sets = Sets.With(await api.UpdateAsync(scaled, cancellationToken).ConfigureAwait(false));
        if (before == size)
        {
            return false;
        }
        var message = $"Scaled {(size > before ? "up" : "down")} replica set {set.Metadata.Name} from {before} to {size}";
        await events.NormalAsync(Deployment, Scaling, message, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Makes the set of the present template exist, carry the newest revision, and be what the Deployment says its revision is.</summary>
    public async Task EnsureNewSetAsync(bool create, CancellationToken cancellationToken)
    {
        var revision = Sets.MaxOldRevision + 1;
        if (Sets.New is { } existing)
        {
            await RefreshNewSetAsync(existing, revision, cancellationToken).ConfigureAwait(false);
        }
        else if (create)
        {
            await CreateNewSetAsync(revision, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the status if it says something new.</summary>
    public async Task WriteStatusAsync(DeploymentStatus status, CancellationToken cancellationToken)
    {
        if (!ModelJson.Same(Deployment.Status ?? new DeploymentStatus(), status))
        {
            Deployment = await api.UpdateStatusAsync(Deployment with { Status = status }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sets one condition, keeping the rest of the status.</summary>
    public Task WriteConditionAsync(string type, string value, string reason, string message, CancellationToken cancellationToken)
    {
        var status = Deployment.Status ?? new DeploymentStatus();
        var condition = DeploymentConditions.New(type, value, reason, message, time.Seconds());
        return WriteStatusAsync(status with { Conditions = status.Conditions.With(condition) }, cancellationToken);
    }

    /// <summary>Deletes old, empty sets beyond spec.revisionHistoryLimit, the oldest revisions first.</summary>
    public async Task CleanUpHistoryAsync(CancellationToken cancellationToken)
    {
        if (Deployment.Spec?.RevisionHistoryLimit is not { } limit || limit == int.MaxValue)
        {
            return;
        }
        var present = Sets.Old.Where(set => set.Metadata.DeletionTimestamp is null).OrderBy(RevisionAnnotations.RevisionOf).ToList();
        foreach (var set in present.Take(Math.Max(present.Count - limit, 0)).Where(IsSettledAtZero))
        {
            await DeleteAsync(set, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsSettledAtZero(ReplicaSet set) =>
        RevisionSets.Actual(set) == 0 && RevisionSets.Size(set) == 0 && (set.Metadata.Generation ?? 0) <= (set.Status?.ObservedGeneration ?? 0);

    private async Task DeleteAsync(ReplicaSet set, CancellationToken cancellationToken)
    {
        var options = new DeleteOptions
        {
            PropagationPolicy = "Background",
            // A rollback may have scaled it up since it was read.
            Preconditions = new Preconditions { Uid = set.Metadata.Uid, ResourceVersion = set.Metadata.ResourceVersion },
        };
        try
        {
            await api.DeleteAsync<ReplicaSet>(set.Metadata.Namespace!, set.Metadata.Name!, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
        }
    }

    private async Task RefreshNewSetAsync(ReplicaSet existing, long revision, CancellationToken cancellationToken)
    {
        var annotations = RevisionAnnotations.ForNewest(Deployment, existing.Metadata.Annotations, revision);
        var refreshed = existing with
        {
            Metadata = existing.Metadata with { Annotations = annotations },
            Spec = existing.Spec! with { MinReadySeconds = Deployment.Spec?.MinReadySeconds },
        };
        if (!annotations.SameAs(existing.Metadata.Annotations)
            || (existing.Spec.MinReadySeconds ?? 0) != (Deployment.Spec?.MinReadySeconds ?? 0))
        {
            existing = await api.UpdateAsync(refreshed, cancellationToken).ConfigureAwait(false);
            Sets = Sets.With(existing);
        }
        await SetRevisionAsync(existing.Metadata.Annotations.Find(RevisionAnnotations.Revision)!, cancellationToken).ConfigureAwait(false);
        if (Deployment.HasProgressDeadline() && (Deployment.Status?.Conditions).Find(DeploymentConditions.Progressing) is null)
        {
            var message = $"Found new replica set \"{existing.Metadata.Name}\"";
            await WriteConditionAsync(
                DeploymentConditions.Progressing, "True", DeploymentConditions.FoundNewReplicaSet, message, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CreateNewSetAsync(long revision, CancellationToken cancellationToken)
    {
        var wanted = NewSet(revision);
        var name = wanted.Metadata.Name!;
        ReplicaSet? created;
        try
        {
            created = await api.CreateAsync(wanted, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException taken) when (taken.IsAlreadyExists)
        {
            await AcceptOrAvoidAsync(name, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (ApiException refused) when (!refused.IsNotFound)
        {
            await ReportCreateErrorAsync(name, refused, cancellationToken).ConfigureAwait(false);
            throw;
        }
        Sets = Sets with { New = created };
        if (RevisionSets.Size(created) > 0)
        {
            var message = $"Scaled up replica set {name} from 0 to {RevisionSets.Size(created)}";
            await events.NormalAsync(Deployment, Scaling, message, cancellationToken).ConfigureAwait(false);
        }
        await SetRevisionAsync(created.Metadata.Annotations.Find(RevisionAnnotations.Revision)!, cancellationToken).ConfigureAwait(false);
        if (Deployment.HasProgressDeadline())
        {
            await WriteConditionAsync(
                DeploymentConditions.Progressing,
                "True",
                DeploymentConditions.NewReplicaSetCreated,
                $"Created new replica set \"{name}\"",
                cancellationToken).ConfigureAwait(false);
        }
    }

    private ReplicaSet NewSet(long revision)
    {
        var template = Deployment.Spec!.Template!;
        var hash = TemplateIdentity.Hash(template, Deployment.Status?.CollisionCount);
        var labels = template.Metadata.Labels.With(TemplateIdentity.HashLabel, hash);
        var selector = Deployment.Spec.Selector!;
        var annotations = RevisionAnnotations.ForNewest(Deployment, null, revision);
        return new ReplicaSet
        {
            Metadata = new ObjectMeta
            {
                Name = $"{Deployment.Metadata.Name}-{hash}",
                Namespace = Deployment.Metadata.Namespace,
                Labels = labels,
                Annotations = RevisionAnnotations.ForSize(Deployment, annotations) ?? annotations,
                OwnerReferences = [Owners.ControllerReference(Deployment)],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = RolloutMath.NewSize(Deployment, 0, Sets.Old.Sum(RevisionSets.Size)),
                MinReadySeconds = Deployment.Spec.MinReadySeconds,
                Selector = selector with { MatchLabels = selector.MatchLabels.With(TemplateIdentity.HashLabel, hash) },
                Template = template with { Metadata = template.Metadata with { Labels = labels } },
            },
        };
    }

    /// <summary>The name is taken: by an earlier (or concurrent) attempt of ours, which is as good as done, or by a stranger, to be avoided.</summary>
    private async Task AcceptOrAvoidAsync(string name, CancellationToken cancellationToken)
    {
        var holder = await api.GetAsync<ReplicaSet>(Deployment.Metadata.Namespace!, name, cancellationToken).ConfigureAwait(false);
        if (holder is not null && Owners.IsControlledBy(holder.Metadata, Deployment.Metadata.Uid)
            && TemplateIdentity.Same(holder.Spec?.Template, Deployment.Spec?.Template))
        {
            Sets = Sets with { New = holder };
            await SetRevisionAsync(holder.Metadata.Annotations.Find(RevisionAnnotations.Revision) ?? "1", cancellationToken).ConfigureAwait(false);
            return;
        }
        var status = Deployment.Status ?? new DeploymentStatus();
        await WriteStatusAsync(status with { CollisionCount = (status.CollisionCount ?? 0) + 1 }, cancellationToken).ConfigureAwait(false);
        // The status written just now wakes this Deployment again, and the new count makes another name.
        throw new ApiException(409, "Conflict", $"the name of new replica set \"{name}\" is taken by another object");
    }

    private async Task ReportCreateErrorAsync(string name, ApiException refused, CancellationToken cancellationToken)
    {
        var message = $"Failed to create new replica set \"{name}\": {refused.Message}";
        await events.WarningAsync(Deployment, DeploymentConditions.ReplicaSetCreateError, message, cancellationToken).ConfigureAwait(false);
        if (Deployment.HasProgressDeadline())
        {
            await WriteConditionAsync(
                DeploymentConditions.Progressing, "False", DeploymentConditions.ReplicaSetCreateError, message, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SetRevisionAsync(string revision, CancellationToken cancellationToken)
    {
        if (Deployment.Metadata.Annotations.Find(RevisionAnnotations.Revision) == revision)
        {
            return;
        }
        var annotated = Deployment with
        {
            Metadata = Deployment.Metadata with { Annotations = Deployment.Metadata.Annotations.With(RevisionAnnotations.Revision, revision) },
        };
        // With the status, as Kubernetes does: an annotation that is written with the rest counts as a new generation.
        Deployment = await api.UpdateStatusAsync(annotated, cancellationToken).ConfigureAwait(false);
    }
}
