using System.Text.Json;

namespace OcdbtSharp.Oracle.Tests;

[TestFixture]
internal sealed class OracleTests
{
    [SetUp]
    public void Require() => Oracle.Require();

    [Test]
    public void The_packages_are_those_of_the_requirements()
    {
        JsonElement versions = Oracle.Ask("versions", []);
        foreach (string line in File.ReadAllLines(Path.Combine(SourceFolder.Path, "requirements.txt")))
        {
            string[] parts = line.Split("==");
            Assert.That(versions.GetProperty(parts[0]).GetString(), Is.EqualTo(parts[1]), parts[0]);
        }
    }

    [Test]
    public void An_error_is_an_answer()
    {
        OracleException? error = Assert.Throws<OracleException>(() => Oracle.Ask("versions", new() { ["no_such_argument"] = 1 }));
        Assert.That(error!.Type, Is.EqualTo("TypeError"));
    }

    [Test]
    public void A_process_that_died_is_started_again()
    {
        OracleException? error = Assert.Throws<OracleException>(() => Oracle.Ask("die", []));
        Assert.That(error!.Type, Is.EqualTo(OracleException.Died));
        Assert.That(Oracle.Ask("versions", []).ValueKind, Is.EqualTo(JsonValueKind.Object));
    }
}
