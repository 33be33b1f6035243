using CloudPlane.Cri.V1;

namespace CloudPlane.Cri;

/// <summary>What an answer must hold to be believed. A runtime that leaves it out is broken, and going on would lose a container.</summary>
internal static class CriAnswers
{
    public const string ApiVersion = "v1";

    public static VersionResponse Check(VersionResponse answer)
    {
        Require(answer.RuntimeName, nameof(CriMethods.Version), "runtime name");
        Require(answer.RuntimeVersion, nameof(CriMethods.Version), "runtime version");
        if (answer.RuntimeApiVersion != ApiVersion)
            throw new CriException(CriStatusCode.Unimplemented,
                $"the runtime {answer.RuntimeName} {answer.RuntimeVersion} speaks CRI \"{answer.RuntimeApiVersion}\"; {ApiVersion} is needed", nameof(CriMethods.Version));
        return answer;
    }

    public static StatusResponse Check(StatusResponse answer)
    {
        if (answer.Status is null)
            throw Missing(nameof(CriMethods.Status), "status");
        return answer;
    }

    public static RunPodSandboxResponse Check(RunPodSandboxResponse answer)
    {
        Require(answer.PodSandboxId, nameof(CriMethods.RunPodSandbox), "sandbox id");
        return answer;
    }

    public static CreateContainerResponse Check(CreateContainerResponse answer)
    {
        Require(answer.ContainerId, nameof(CriMethods.CreateContainer), "container id");
        return answer;
    }

    public static PodSandboxStatusResponse Check(PodSandboxStatusResponse answer)
    {
        if (answer.Status is not { Metadata: not null } status || status.Id.Length == 0)
            throw Missing(nameof(CriMethods.PodSandboxStatus), "status with id and metadata");
        return answer;
    }

    public static ContainerStatusResponse Check(ContainerStatusResponse answer)
    {
        if (answer.Status is not { Metadata: not null } status || status.Id.Length == 0)
            throw Missing(nameof(CriMethods.ContainerStatus), "status with id and metadata");
        return answer;
    }

    public static ImageStatusResponse Check(ImageStatusResponse answer)
    {
        if (answer.Image is { Id.Length: 0 } or { Size: 0 })
            throw Missing(nameof(CriMethods.ImageStatus), "image id or size");
        return answer;
    }

    public static PullImageResponse Check(PullImageResponse answer)
    {
        Require(answer.ImageRef, nameof(CriMethods.PullImage), "image reference");
        return answer;
    }

    public static ExecResponse Check(ExecResponse answer)
    {
        Require(answer.Url, nameof(CriMethods.Exec), "URL");
        return answer;
    }

    public static AttachResponse Check(AttachResponse answer)
    {
        Require(answer.Url, nameof(CriMethods.Attach), "URL");
        return answer;
    }

    public static PortForwardResponse Check(PortForwardResponse answer)
    {
        Require(answer.Url, nameof(CriMethods.PortForward), "URL");
        return answer;
    }

    private static void Require(string value, string method, string what)
    {
        if (value.Length == 0)
            throw Missing(method, what);
    }

    private static CriException Missing(string method, string what) => new(CriStatusCode.Internal, $"the runtime's answer has no {what}", method);
}
