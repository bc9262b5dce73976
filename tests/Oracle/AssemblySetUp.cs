using OcdbtSharp.Oracle.Tests;

/// <summary>Around all tests of the assembly.</summary>
[SetUpFixture]
internal sealed class AssemblySetUp
{
    /// <summary>Says how much was compared, also in the file that <c>OCDBTSHARP_ORACLE_COUNTS</c> names, and ends the process.</summary>
    [OneTimeTearDown]
    public void Finish()
    {
        Oracle.Stop();
        string[] lines = [.. Tally.Lines()];
        foreach (string line in lines)
        {
            TestContext.Progress.WriteLine(line);
        }

        if (Environment.GetEnvironmentVariable("OCDBTSHARP_ORACLE_COUNTS") is { Length: > 0 } file)
        {
            File.WriteAllLines(file, lines);
        }
    }
}
