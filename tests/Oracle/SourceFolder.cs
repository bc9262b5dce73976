namespace OcdbtSharp.Oracle.Tests;

/// <summary>The folder with the Python programs, copied beside the tests.</summary>
internal static class SourceFolder
{
    /// <summary>Its full path.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "python");
}
