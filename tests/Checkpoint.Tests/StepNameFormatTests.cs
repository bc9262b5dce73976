using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Checkpoint.Tests;

public sealed class StepNameFormatTests
{
    [TestCase(null, null, "23", 23)]
    [TestCase(null, null, "0", 0)]
    [TestCase(null, null, "023", null)]
    [TestCase(null, null, "step_23", null)]
    [TestCase(null, null, "", null)]
    [TestCase(null, 4, "0023", 23)]
    [TestCase(null, 4, "23", null)]
    [TestCase(null, 4, "12345", 12345)]
    [TestCase(null, 4, "01234", null)]
    [TestCase("step", null, "step_23", 23)]
    [TestCase("step", null, "step_023", null)]
    [TestCase("step", null, "23", null)]
    [TestCase("step", null, "xstep_23", null)]
    [TestCase("step", 4, "step_0023", 23)]
    [TestCase("step", 4, "step_23", null)]
    [TestCase("a.b", null, "a.b_5", 5)]
    [TestCase(null, null, "-1", null)]
    [TestCase(null, null, " 1", null)]
    [TestCase(null, null, "1\n", null)]
    [TestCase(null, null, "99999999999999999999", null)]
    public void Standard_formats_accept_what_Orbax_accepts(string? prefix, int? length, string name, long? expected) =>
        Assert.That(StepNameFormat.Standard(prefix, length).TryParse(name, out long step) ? step : default(long?), Is.EqualTo(expected));

    [TestCase("5", 5)]
    [TestCase("0005", 5)]
    [TestCase("checkpoint_5", 5)]
    [TestCase("my_run_00012", 12)]
    [TestCase("_5", null)]
    [TestCase("5.orbax-checkpoint-tmp", null)]
    [TestCase("metadata", null)]
    [TestCase("step5", null)]
    [TestCase("step_", null)]
    public void Any_format_accepts_every_number_behind_an_underscore(string name, long? expected) =>
        Assert.That(StepNameFormat.Any.TryParse(name, out long step) ? step : default(long?), Is.EqualTo(expected));

    [Test]
    public void Names_are_built_and_parsed_back()
    {
        StepNameFormat[] formats =
            [StepNameFormat.Any, StepNameFormat.Standard(), StepNameFormat.Standard("p"), StepNameFormat.Standard(null, 6), StepNameFormat.Standard("p", 6)];
        Prop.ForAll((NonNegativeInt number) => Array.TrueForAll(
            formats,
            format => format.TryParse(format.BuildName(number.Get), out long step) && step == number.Get)).QuickCheckThrowOnFailure();
        Assert.That(StepNameFormat.Standard("step", 4).BuildName(23), Is.EqualTo("step_0023"));
    }

    [Test]
    public void A_composite_reads_all_and_writes_one()
    {
        StepNameFormat padded = StepNameFormat.Standard("step", 8);
        StepNameFormat both = StepNameFormat.Composite(padded, padded, StepNameFormat.Standard());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(both.BuildName(7), Is.EqualTo("step_00000007"));
            Assert.That(both.TryParse("step_00000007", out long first) ? first : -1, Is.EqualTo(7));
            Assert.That(both.TryParse("12", out long second) ? second : -1, Is.EqualTo(12));
            Assert.That(both.TryParse("step_12", out _), Is.False);
            Assert.That(() => StepNameFormat.Composite(padded, StepNameFormat.Standard()), Throws.ArgumentException);
        }
    }
}
