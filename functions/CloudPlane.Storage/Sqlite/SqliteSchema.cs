namespace CloudPlane.Storage;

/// <summary>
/// The tables. The log is the truth: a document is stored once, there. A log row's id is its partition's number and its revision in
/// one integer, so that the log is its own index and a partition's part of it is a contiguous range. A partition's head is its
/// newest log row, or what was compacted if that is newer. <c>objects</c> says which log row is an object's current one, as of the
/// revision in <c>partitions.indexed</c>: it follows in larger steps, because one page per changed object with each
/// commit would be most of what is written.
/// </summary>
internal static class SqliteSchema
{
    public const int Version = 1;
    public const int PageBytes = 8192;

    // 17 thousand billion revisions, half a million partitions.
    public const int RevisionBits = 44;

    private static readonly string[] Tables =
    [
        """
        CREATE TABLE partitions(
            id INTEGER PRIMARY KEY,
            cluster TEXT NOT NULL,
            resource TEXT NOT NULL,
            compacted INTEGER NOT NULL,
            indexed INTEGER NOT NULL,
            UNIQUE(cluster, resource)) STRICT
        """,
        // The body is last: a scan of the other columns never follows its overflow pages.
        """
        CREATE TABLE log(
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            kind INTEGER NOT NULL,
            previous INTEGER NOT NULL,
            operation BLOB NOT NULL,
            body BLOB NOT NULL) STRICT
        """,
        """
        CREATE TABLE objects(
            partition INTEGER NOT NULL,
            key TEXT NOT NULL,
            revision INTEGER NOT NULL,
            PRIMARY KEY(partition, key)) STRICT, WITHOUT ROWID
        """,
        $"PRAGMA user_version={Version}",
    ];

    /// <summary>The id of a partition's log row at a revision; at revision 0, the lower bound of all of them (exclusive).</summary>
    public static long LogId(long partition, long revision) => (partition << RevisionBits) | revision;

    /// <summary>The revision in a log row's id.</summary>
    public static long Revision(long logId) => logId & ((1L << RevisionBits) - 1);

    /// <summary>Creates the tables in a new database; refuses one that a newer version wrote.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        var version = connection.Execute("PRAGMA user_version");
        if (version > Version)
        {
            throw new StoreUnavailableException(
                $"{path} has schema version {version}; this program knows versions up to {Version}. Use a newer CloudPlane.");
        }
        if (version == Version)
            return;
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var table in Tables)
            connection.Execute(table);
        connection.Execute("COMMIT");
    }
}
