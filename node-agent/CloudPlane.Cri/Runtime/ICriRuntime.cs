using CloudPlane.Cri.V1;

namespace CloudPlane.Cri;

/// <summary>
/// A container runtime over CRI v1: one method per call of RuntimeService and ImageService. Each fails with a
/// <see cref="CriException"/>, or with an <see cref="OperationCanceledException"/> when its caller gave up. Answers are validated:
/// what a call returns without failing can be used (ids are not empty, a status has its metadata).
/// </summary>
public interface ICriRuntime
{
    /// <summary>Fails with Unimplemented when the runtime speaks another version than v1.</summary>
    Task<VersionResponse> VersionAsync(VersionRequest request, CancellationToken cancellationToken);
    Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken);
    Task<UpdateRuntimeConfigResponse> UpdateRuntimeConfigAsync(UpdateRuntimeConfigRequest request, CancellationToken cancellationToken);

    Task<RunPodSandboxResponse> RunPodSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellationToken);
    Task<StopPodSandboxResponse> StopPodSandboxAsync(StopPodSandboxRequest request, CancellationToken cancellationToken);
    Task<RemovePodSandboxResponse> RemovePodSandboxAsync(RemovePodSandboxRequest request, CancellationToken cancellationToken);
    Task<PodSandboxStatusResponse> PodSandboxStatusAsync(PodSandboxStatusRequest request, CancellationToken cancellationToken);
    Task<ListPodSandboxResponse> ListPodSandboxAsync(ListPodSandboxRequest request, CancellationToken cancellationToken);

    Task<CreateContainerResponse> CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellationToken);
    Task<StartContainerResponse> StartContainerAsync(StartContainerRequest request, CancellationToken cancellationToken);

    /// <summary>Returns when the container has stopped: up to request.Timeout seconds and the kill.</summary>
    Task<StopContainerResponse> StopContainerAsync(StopContainerRequest request, CancellationToken cancellationToken);
    Task<RemoveContainerResponse> RemoveContainerAsync(RemoveContainerRequest request, CancellationToken cancellationToken);
    Task<ListContainersResponse> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken);
    Task<ContainerStatusResponse> ContainerStatusAsync(ContainerStatusRequest request, CancellationToken cancellationToken);
    Task<UpdateContainerResourcesResponse> UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellationToken);
    Task<ReopenContainerLogResponse> ReopenContainerLogAsync(ReopenContainerLogRequest request, CancellationToken cancellationToken);

    /// <summary>Fails with DeadlineExceeded after request.Timeout seconds (0: never); output beyond 16 MiB fails the call.</summary>
    Task<ExecSyncResponse> ExecSyncAsync(ExecSyncRequest request, CancellationToken cancellationToken);
    Task<ExecResponse> ExecAsync(ExecRequest request, CancellationToken cancellationToken);
    Task<AttachResponse> AttachAsync(AttachRequest request, CancellationToken cancellationToken);
    Task<PortForwardResponse> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken);

    Task<ContainerStatsResponse> ContainerStatsAsync(ContainerStatsRequest request, CancellationToken cancellationToken);
    Task<ListContainerStatsResponse> ListContainerStatsAsync(ListContainerStatsRequest request, CancellationToken cancellationToken);

    Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken);

    /// <summary>Image is null when it is not present.</summary>
    Task<ImageStatusResponse> ImageStatusAsync(ImageStatusRequest request, CancellationToken cancellationToken);

    /// <summary>Takes as long as the pull takes: only the caller's token ends it.</summary>
    Task<PullImageResponse> PullImageAsync(PullImageRequest request, CancellationToken cancellationToken);
    Task<RemoveImageResponse> RemoveImageAsync(RemoveImageRequest request, CancellationToken cancellationToken);
    Task<ImageFsInfoResponse> ImageFsInfoAsync(ImageFsInfoRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// What happens to containers and sandboxes, as it happens. Never ends and never fails but by the token: it reconnects with
    /// back-off by itself and then says <see cref="RuntimeEventKind.Resync"/>, as it does first of all.
    /// </summary>
    IAsyncEnumerable<RuntimeEvent> WatchEventsAsync(CancellationToken cancellationToken);
}
