using CloudPlane.Cri.Containerd;
using CloudPlane.Cri.V1;
using Google.Protobuf;

namespace CloudPlane.Cri;

/// <summary>The remote methods by name.</summary>
internal static class CriMethods
{
    public static readonly CriMethod<VersionResponse> Version = Runtime("Version", VersionResponse.Parser);
    public static readonly CriMethod<StatusResponse> Status = Runtime("Status", StatusResponse.Parser);
    public static readonly CriMethod<UpdateRuntimeConfigResponse> UpdateRuntimeConfig = Runtime("UpdateRuntimeConfig", UpdateRuntimeConfigResponse.Parser);
    public static readonly CriMethod<RunPodSandboxResponse> RunPodSandbox = Runtime("RunPodSandbox", RunPodSandboxResponse.Parser);
    public static readonly CriMethod<StopPodSandboxResponse> StopPodSandbox = Runtime("StopPodSandbox", StopPodSandboxResponse.Parser);
    public static readonly CriMethod<RemovePodSandboxResponse> RemovePodSandbox = Runtime("RemovePodSandbox", RemovePodSandboxResponse.Parser);
    public static readonly CriMethod<PodSandboxStatusResponse> PodSandboxStatus = Runtime("PodSandboxStatus", PodSandboxStatusResponse.Parser);
    public static readonly CriMethod<ListPodSandboxResponse> ListPodSandbox = Runtime("ListPodSandbox", ListPodSandboxResponse.Parser);
    public static readonly CriMethod<CreateContainerResponse> CreateContainer = Runtime("CreateContainer", CreateContainerResponse.Parser);
    public static readonly CriMethod<StartContainerResponse> StartContainer = Runtime("StartContainer", StartContainerResponse.Parser);
    public static readonly CriMethod<StopContainerResponse> StopContainer = Runtime("StopContainer", StopContainerResponse.Parser);
    public static readonly CriMethod<RemoveContainerResponse> RemoveContainer = Runtime("RemoveContainer", RemoveContainerResponse.Parser);
    public static readonly CriMethod<ListContainersResponse> ListContainers = Runtime("ListContainers", ListContainersResponse.Parser);
    public static readonly CriMethod<ContainerStatusResponse> ContainerStatus = Runtime("ContainerStatus", ContainerStatusResponse.Parser);
    public static readonly CriMethod<UpdateContainerResourcesResponse> UpdateContainerResources =
        Runtime("UpdateContainerResources", UpdateContainerResourcesResponse.Parser);
    public static readonly CriMethod<ReopenContainerLogResponse> ReopenContainerLog = Runtime("ReopenContainerLog", ReopenContainerLogResponse.Parser);
    public static readonly CriMethod<ExecSyncResponse> ExecSync = Runtime("ExecSync", ExecSyncResponse.Parser);
    public static readonly CriMethod<ExecResponse> Exec = Runtime("Exec", ExecResponse.Parser);
    public static readonly CriMethod<AttachResponse> Attach = Runtime("Attach", AttachResponse.Parser);
    public static readonly CriMethod<PortForwardResponse> PortForward = Runtime("PortForward", PortForwardResponse.Parser);
    public static readonly CriMethod<ContainerStatsResponse> ContainerStats = Runtime("ContainerStats", ContainerStatsResponse.Parser);
    public static readonly CriMethod<ListContainerStatsResponse> ListContainerStats = Runtime("ListContainerStats", ListContainerStatsResponse.Parser);
    public static readonly CriMethod<ContainerEventResponse> GetContainerEvents = Runtime("GetContainerEvents", ContainerEventResponse.Parser);

    public static readonly CriMethod<ListImagesResponse> ListImages = Image("ListImages", ListImagesResponse.Parser);
    public static readonly CriMethod<ImageStatusResponse> ImageStatus = Image("ImageStatus", ImageStatusResponse.Parser);
    public static readonly CriMethod<PullImageResponse> PullImage = Image("PullImage", PullImageResponse.Parser);
    public static readonly CriMethod<RemoveImageResponse> RemoveImage = Image("RemoveImage", RemoveImageResponse.Parser);
    public static readonly CriMethod<ImageFsInfoResponse> ImageFsInfo = Image("ImageFsInfo", ImageFsInfoResponse.Parser);

    public static readonly CriMethod<Envelope> Subscribe = new(ContainerdEvents, "Subscribe", Envelope.Parser);
    public static readonly CriMethod<PublishResponse> Publish = new(ContainerdEvents, "Publish", PublishResponse.Parser, "cloudplane");

    private const string ContainerdEvents = "containerd.services.events.v1.Events";

    private static CriMethod<T> Runtime<T>(string name, MessageParser<T> parser) where T : class, IMessage<T> =>
        new("runtime.v1.RuntimeService", name, parser);

    private static CriMethod<T> Image<T>(string name, MessageParser<T> parser) where T : class, IMessage<T> =>
        new("runtime.v1.ImageService", name, parser);
}
