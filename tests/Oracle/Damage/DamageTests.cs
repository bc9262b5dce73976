using System.Collections.Concurrent;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests.Damage;

/// <summary>Orbax and we restore what is damaged: the same, or one of us refuses what the other gives wrong.</summary>
[TestFixture]
internal sealed class DamageTests
{
    private static readonly ConcurrentDictionary<DamagedItem, Reading> Whole = new();

    // How Orbax is asked to restore the types that were saved, by how it is asked for NumPy's arrays.
    private static readonly Dictionary<string, string> AsSaved = new() { ["PyTree"] = "Legacy", ["Array"] = "ArrayAsSaved" };

    public static IEnumerable<TestCaseData> Items() => DamagedItem.All.Select(item => new TestCaseData(item).SetArgDisplayNames($"{item}"));

    [TestCaseSource(nameof(Items))]
    public void Both_restore_what_is_whole(object item)
    {
        Oracle.Require();
        Restore((DamagedItem)item);
    }

    [Test]
    public void Damage_is_refused_or_restored_as_by_Orbax() => Runs.Check("damaged items", 200, Harm.Any, harm =>
    {
        DamagedItem item = DamagedItem.All[harm.Item];
        Reading right = Whole.GetOrAdd(item, Restore);
        using TemporaryFolder folder = TemporaryFolder.InMemory();
        item.CopyTo(folder.Path);
        string deeds = harm.Do(item.Within(folder.Path));
        Reading ours = Reading.OursAsync(folder.Path, item).GetAwaiter().GetResult();
        Reading theirs = Reading.Theirs(folder.Path, item);
        if (ours.Refusal is not null && theirs.Refusal is null && AsSaved.TryGetValue(item.Kind, out string? kind))
        {
            // As JAX's arrays, which it restores when it is told nothing, Orbax reads files that it does not for NumPy's.
            theirs = Reading.Theirs(folder.Path, item with { Kind = kind });
        }

        string? fault = Judge(right, ours, theirs, mayDiffer: harm.Seeds.Length > 1 || KnownDamageDifferences.OfAnotherTree(folder.Path, item) is not null);
        Assert.That(fault, Is.Null, $"{item}: {deeds}");
    });

    private static string? Judge(Reading right, Reading ours, Reading theirs, bool mayDiffer)
    {
        if (ours.Refusal is null && theirs.Refusal is null)
        {
            string difference = ours.Difference(theirs);
            Tally.Add(ours.Difference(right).Length > 0 ? "damaged items that both restore alike, but wrong" : "damaged items that both restore right");
            return difference.Length > 0 ? $"both restore, but not the same: {difference}" : null;
        }

        if (ours.Refusal is not null && theirs.Refusal is not null)
        {
            Tally.Add("damaged items that both refuse");
            return null;
        }

        if (ours.Refusal is null)
        {
            string difference = ours.Difference(right);
            Tally.Add(difference.Length > 0 ? "damaged items that only Orbax refuses, and we restore wrong" : "damaged items that only Orbax refuses, and we restore right");
            // Of several deeds Orbax may mind one and we another's values, which nothing can tell.
            return difference.Length > 0 && !mayDiffer ? $"we restore wrong values: {difference}, where Orbax says {theirs.Refusal!.Message}" : null;
        }

        bool isRight = theirs.Difference(right).Length == 0;
        Tally.Add(isRight ? "damaged items that only we refuse, and Orbax restores right" : "damaged items that only we refuse, and Orbax restores wrong");
        return isRight ? $"we refuse what Orbax restores right: {ours.Refusal}" : null;
    }

    private static Reading Restore(DamagedItem item)
    {
        Reading ours = Reading.OursAsync(item.Source, item).GetAwaiter().GetResult();
        Reading theirs = Reading.Theirs(item.Source, item);
        Assert.That(ours.Refusal, Is.Null);
        Assert.That(theirs.Refusal, Is.Null);
        Assert.That(ours.Difference(theirs), Is.Empty);
        return ours;
    }
}
