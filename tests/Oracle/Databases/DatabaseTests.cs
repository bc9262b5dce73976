namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>TensorStore and we write one database, in turns and at the same time.</summary>
[TestFixture]
internal sealed class DatabaseTests
{
    private const int Steps = 30;

    [Test]
    public void Both_write_one_database_and_list_the_same_at_every_version() => Runs.Check(
        "histories of databases", 50, History.OfLength(Steps), history => HistoryRun.RunAsync(history).GetAwaiter().GetResult(), mayDie: true);
}
