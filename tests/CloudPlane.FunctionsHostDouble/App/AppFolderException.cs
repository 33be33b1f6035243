namespace CloudPlane.Doubles;

/// <summary>The folder or its settings are no function app that Flex Consumption would run; the message names the file and every fault found.</summary>
public sealed class AppFolderException(string message) : Exception(message);
