using System.Net;
using CloudPlane.Doubles.FakeHandler;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

// A custom handler that does what the request's path says.
var port = int.Parse(Environment.GetEnvironmentVariable("FUNCTIONS_CUSTOMHANDLER_PORT")!);
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, port);
    kestrel.Limits.MinRequestBodyDataRate = null;
    kestrel.Limits.MaxRequestBodySize = null;
});
var app = builder.Build();
app.Run(new Behaviours().HandleAsync);
Console.WriteLine("the fake handler listens");
await app.RunAsync();
