using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Api;

/// <summary>An answer over ASP.NET Core.</summary>
internal sealed class HttpApiResponse(HttpContext context) : ApiResponse
{
    public override int StatusCode { get => context.Response.StatusCode; set => context.Response.StatusCode = value; }

    public override bool HasStarted => context.Response.HasStarted;

    public override string? ContentType { get => context.Response.ContentType; set => context.Response.ContentType = value; }

    public override long? ContentLength { get => context.Response.ContentLength; set => context.Response.ContentLength = value; }

    public override PipeWriter Body => context.Response.BodyWriter;

    public override void AddHeader(string name, string value) => context.Response.Headers.Append(name, value);

    public override void Abort() => context.Abort();
}
