using CloudPlane.Cri.V1;
using Google.Protobuf;

namespace CloudPlane.Cri;

/// <summary>The runtime behind a Unix socket.</summary>
public sealed class CriRuntime : ICriRuntime, IDisposable
{
    private readonly CriChannel _channel;
    private readonly CriDeadlines _deadlines;
    private readonly RuntimeEventStream _events;

    /// <param name="socket">The socket's path, with or without the scheme unix://.</param>
    /// <param name="time">The clock of deadlines and back-off.</param>
    /// <param name="random">Jitters the back-off.</param>
    /// <param name="deadlines">How long calls may take.</param>
    public CriRuntime(string socket, TimeProvider time, Random random, CriDeadlines? deadlines = null)
    {
        _channel = new CriChannel(SocketPath(socket), time);
        _deadlines = deadlines ?? new CriDeadlines();
        _events = new RuntimeEventStream(_channel, time, random);
    }

    public async Task<VersionResponse> VersionAsync(VersionRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.Version, request, cancellationToken).ConfigureAwait(false));

    public async Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.Status, request, cancellationToken).ConfigureAwait(false));

    public Task<UpdateRuntimeConfigResponse> UpdateRuntimeConfigAsync(UpdateRuntimeConfigRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.UpdateRuntimeConfig, request, cancellationToken);

    public async Task<RunPodSandboxResponse> RunPodSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.RunPodSandbox, request, cancellationToken, _deadlines.RunPodSandbox).ConfigureAwait(false));

    public Task<StopPodSandboxResponse> StopPodSandboxAsync(StopPodSandboxRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.StopPodSandbox, request, cancellationToken);

    public Task<RemovePodSandboxResponse> RemovePodSandboxAsync(RemovePodSandboxRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.RemovePodSandbox, request, cancellationToken);

    public async Task<PodSandboxStatusResponse> PodSandboxStatusAsync(PodSandboxStatusRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.PodSandboxStatus, request, cancellationToken).ConfigureAwait(false));

    public Task<ListPodSandboxResponse> ListPodSandboxAsync(ListPodSandboxRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ListPodSandbox, request, cancellationToken);

    public async Task<CreateContainerResponse> CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.CreateContainer, request, cancellationToken).ConfigureAwait(false));

    public Task<StartContainerResponse> StartContainerAsync(StartContainerRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.StartContainer, request, cancellationToken);

    public Task<StopContainerResponse> StopContainerAsync(StopContainerRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.StopContainer, request, cancellationToken, _deadlines.Extended(request.Timeout));

    public Task<RemoveContainerResponse> RemoveContainerAsync(RemoveContainerRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.RemoveContainer, request, cancellationToken);

    public Task<ListContainersResponse> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ListContainers, request, cancellationToken);

    public async Task<ContainerStatusResponse> ContainerStatusAsync(ContainerStatusRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.ContainerStatus, request, cancellationToken).ConfigureAwait(false));

    public Task<UpdateContainerResourcesResponse> UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.UpdateContainerResources, request, cancellationToken);

    public Task<ReopenContainerLogResponse> ReopenContainerLogAsync(ReopenContainerLogRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ReopenContainerLog, request, cancellationToken);

    public Task<ExecSyncResponse> ExecSyncAsync(ExecSyncRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ExecSync, request, cancellationToken,
            request.Timeout > 0 ? _deadlines.Extended(request.Timeout) : Timeout.InfiniteTimeSpan);

    public async Task<ExecResponse> ExecAsync(ExecRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.Exec, request, cancellationToken).ConfigureAwait(false));

    public async Task<AttachResponse> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.Attach, request, cancellationToken).ConfigureAwait(false));

    public async Task<PortForwardResponse> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.PortForward, request, cancellationToken).ConfigureAwait(false));

    public Task<ContainerStatsResponse> ContainerStatsAsync(ContainerStatsRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ContainerStats, request, cancellationToken);

    public Task<ListContainerStatsResponse> ListContainerStatsAsync(ListContainerStatsRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ListContainerStats, request, cancellationToken);

    public Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ListImages, request, cancellationToken);

    public async Task<ImageStatusResponse> ImageStatusAsync(ImageStatusRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.ImageStatus, request, cancellationToken).ConfigureAwait(false));

    public async Task<PullImageResponse> PullImageAsync(PullImageRequest request, CancellationToken cancellationToken) =>
        CriAnswers.Check(await CallAsync(CriMethods.PullImage, request, cancellationToken, Timeout.InfiniteTimeSpan).ConfigureAwait(false));

    public Task<RemoveImageResponse> RemoveImageAsync(RemoveImageRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.RemoveImage, request, cancellationToken);

    public Task<ImageFsInfoResponse> ImageFsInfoAsync(ImageFsInfoRequest request, CancellationToken cancellationToken) =>
        CallAsync(CriMethods.ImageFsInfo, request, cancellationToken);

    public IAsyncEnumerable<RuntimeEvent> WatchEventsAsync(CancellationToken cancellationToken) => _events.ReadAsync(cancellationToken);

    private Task<TResponse> CallAsync<TResponse>(
        CriMethod<TResponse> method, IMessage request, CancellationToken cancellationToken, TimeSpan? deadline = null)
        where TResponse : class, IMessage<TResponse> =>
        _channel.CallAsync(method, request, deadline ?? _deadlines.Default, cancellationToken);

    private static string SocketPath(string socket) => socket.StartsWith("unix://", StringComparison.Ordinal) ? socket["unix://".Length..] : socket;

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}
