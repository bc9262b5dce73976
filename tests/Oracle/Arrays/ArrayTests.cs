namespace OcdbtSharp.Oracle.Tests;

[TestFixture]
internal sealed class ArrayTests
{
    [Test]
    public void Arrays_are_created_changed_and_read_alike() => Runs.Check("arrays", 300, ArrayCases.Arbitrary(), ArrayHistory.Run);
}
