using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Doubles;

/// <summary>The arguments of <c>functions-host-double</c>.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        functions-host-double: runs a published function app as Flex Consumption would, with a Service Bus beside it

        Usage: functions-host-double --app DIR --logs DIR [options]

          --app DIR             the published folder
          --logs DIR            where each instance's handler writes its output
          --listen A[,B...]     addresses of the front end and the Service Bus double (default 127.0.0.1)
          --port N              of the front end (default 0: a free one; with several addresses a port is needed)
          --bus-port N          of the Service Bus double (likewise)
          --admin-port N        of the admin endpoint on 127.0.0.1 (default 0)
          --tls-cert FILE       the certificate of the front end and the bus (PEM), which makes them https as Azure's are
          --tls-key FILE        the certificate's key (PEM)
          --bus-key RULE:KEY    a rule of the bus with all rights, its key 32 bytes in base64 (default: a random one)
          --setting NAME=VALUE  an app setting, any number of times; in the value {bus} becomes the bus' endpoint,
                                {bus-key} its rule and key, {url} the front end (needs --port), each at the first address
          --settings FILE       app settings that no process list shows: a NAME=VALUE in each line
          --http-instances N    over which HTTP requests are spread (default 2)
          --idle SECONDS        after which an instance without work ends (default 60)
          --memory MB           512, 2048 or 4096: an instance's, for the meter (default 512)
          --meter FILE          where the meter's report is written at the end and on SIGUSR1

        The admin endpoint: GET /meter, GET /instances, POST /instances/ID/kill, POST /instances/ID/kill-handler, POST /timers/NAME.
        """;

    public string App { get; private init; } = "";

    public string Logs { get; private init; } = "";

    public IReadOnlyList<IPAddress> Addresses { get; private init; } = [IPAddress.Loopback];

    public int Port { get; private init; }

    public int BusPort { get; private init; }

    public int AdminPort { get; private init; }

    public string? BusKey { get; private init; }

    public IReadOnlyDictionary<string, string> Settings { get; private init; } = new Dictionary<string, string>();

    public string? TlsCertificate { get; private init; }

    public string? TlsKey { get; private init; }

    public int HttpInstances { get; private init; } = 2;

    public TimeSpan Idle { get; private init; } = TimeSpan.FromSeconds(60);

    public int Memory { get; private init; } = 512;

    public string? Meter { get; private init; }

    /// <exception cref="FormatException">Tells what is wrong, for a person.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine();
        var settings = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var name = arguments[i];
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new FormatException($"{name} needs a value");
            line = name switch
            {
                "--app" => line with { App = value },
                "--logs" => line with { Logs = value },
                "--listen" => line with { Addresses = ParseAddresses(value) },
                "--port" => line with { Port = Number(name, value, 0, 65535) },
                "--bus-port" => line with { BusPort = Number(name, value, 0, 65535) },
                "--admin-port" => line with { AdminPort = Number(name, value, 0, 65535) },
                "--tls-cert" => line with { TlsCertificate = value },
                "--tls-key" => line with { TlsKey = value },
                "--bus-key" => line with { BusKey = value.Contains(':') ? value : throw new FormatException("--bus-key must be RULE:KEY") },
                "--setting" => line with { Settings = Add(settings, value) },
                "--settings" => line with { Settings = AddAll(settings, value) },
                "--http-instances" => line with { HttpInstances = Number(name, value, 1, 8) },
                "--idle" => line with { Idle = TimeSpan.FromSeconds(Number(name, value, 1, 86_400)) },
                "--memory" => line with { Memory = Number(name, value, 512, 4096) },
                "--meter" => line with { Meter = value },
                _ => throw new FormatException($"unknown argument {name}"),
            };
        }

        if (line.App.Length == 0 || line.Logs.Length == 0)
            throw new FormatException("--app and --logs are needed");
        if (line.Addresses.Count > 1 && (line.Port == 0 || line.BusPort == 0))
            throw new FormatException("--listen with several addresses needs --port and --bus-port");
        return line.TlsCertificate is null == line.TlsKey is null ? line : throw new FormatException("--tls-cert and --tls-key need each other");
    }

    /// <summary>The front end's and the bus', with its key; null for plain http.</summary>
    /// <exception cref="FormatException">The files hold none.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public X509Certificate2? Certificate()
    {
        try
        {
            return TlsCertificate is null ? null : X509Certificate2.CreateFromPemFile(TlsCertificate, TlsKey);
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"--tls-cert, --tls-key: no certificate with its key: {e.Message}", e);
        }
    }

    /// <summary>The app settings with what only the running double knows.</summary>
    /// <exception cref="FormatException">{url} without a port that is known beforehand.</exception>
    public Dictionary<string, string> SettingsWith(Uri bus, string busKey)
    {
        if (Port == 0 && Settings.Values.Any(value => value.Contains("{url}", StringComparison.Ordinal)))
            throw new FormatException("{url} in a setting needs --port");
        return Settings.ToDictionary(
            setting => setting.Key,
            setting => setting.Value
                .Replace("{bus}", bus.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
                .Replace("{bus-key}", busKey, StringComparison.Ordinal)
                .Replace("{url}", $"{(TlsCertificate is null ? "http" : "https")}://{new IPEndPoint(Addresses[0], Port)}", StringComparison.Ordinal));
    }

    private static List<IPAddress> ParseAddresses(string text) =>
        [.. text.Split(',').Select(part => IPAddress.TryParse(part, out var address) ? address : throw new FormatException($"--listen: \"{part}\" is no address"))];

    private static Dictionary<string, string> Add(Dictionary<string, string> settings, string text)
    {
        var end = text.IndexOf('=', StringComparison.Ordinal);
        if (end < 1)
            throw new FormatException("a setting must be NAME=VALUE");
        settings[text[..end]] = text[(end + 1)..];
        return settings;
    }

    /// <exception cref="FormatException">The file can't be read, or has something else in it.</exception>
    private static Dictionary<string, string> AddAll(Dictionary<string, string> settings, string file)
    {
        try
        {
            foreach (var line in File.ReadLines(file).Where(line => line.Length > 0))
                Add(settings, line);
            return settings;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"--settings: {e.Message}", e);
        }
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} must be {least} to {most}, not {text}");
}
