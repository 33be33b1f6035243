namespace CloudPlane.Agent;

/// <summary>Finds where a file's last lines begin without reading the file.</summary>
internal static class LogTail
{
    private const int BlockSize = 16 * 1024;

    /// <summary>
    /// The offset of the last <paramref name="lines"/> lines. As in the kubelet they are the file's lines: each part of a long line counts.
    /// </summary>
    public static long FindStart(FileStream file, long lines)
    {
        var block = new byte[BlockSize];
        var left = lines;
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - BlockSize);
            var part = block.AsSpan(0, (int)(end - start));
            // Positioned reads: the stream's own place is untouched.
            if (RandomAccess.Read(file.SafeFileHandle, part, start) < part.Length)
                return 0;
            // The line feed that ends the line before the wanted ones.
            for (int at; (at = part.LastIndexOf((byte)'\n')) >= 0; part = part[..at])
            {
                if (left-- == 0)
                    return start + at + 1;
            }
            end = start;
        }
        return 0;
    }
}
