using System.Runtime.InteropServices;

namespace CloudPlane.Functions;

/// <summary>
/// The operating system's certificate authorities, which this process mostly has no use for: it calls nobody over TLS, unless its state is in
/// Azure, and callers are checked against the cluster's own CA. Kestrel builds its certificate's chain nevertheless, and would have them all
/// parsed: a fifth of the start.
/// </summary>
internal static partial class SystemTrust
{
    private const string Empty = "/dev/null";

    /// <summary>To be called before anything uses a certificate.</summary>
    public static void Forgo()
    {
        // The variables are read by native code, which does not see .NET's own copy of the environment.
        _ = SetVariable("SSL_CERT_FILE", Empty, overwrite: 1);
        _ = SetVariable("SSL_CERT_DIR", Empty, overwrite: 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
