using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Tests.Buffers;

public sealed class ByteBudgetTests
{
    [Test]
    public async Task Work_waits_until_bytes_are_free()
    {
        ByteBudget budget = new(10);
        ByteBudget.Lease first = await budget.AcquireAsync(6, default);
        Task<ByteBudget.Lease> second = budget.AcquireAsync(5, default).AsTask();
        Task<ByteBudget.Lease> third = budget.AcquireAsync(1, default).AsTask();
        Assert.That(second.IsCompleted || third.IsCompleted, Is.False, "the third may not overtake the second");
        first.Dispose();
        using ByteBudget.Lease secondLease = await second;
        using ByteBudget.Lease thirdLease = await third;
        Assert.That(budget.AcquireAsync(4, default).AsTask().IsCompleted);
    }

    [Test]
    public async Task Work_larger_than_the_budget_goes_alone()
    {
        ByteBudget budget = new(10);
        ByteBudget.Lease lease = await budget.AcquireAsync(1000, default);
        Task<ByteBudget.Lease> next = budget.AcquireAsync(1, default).AsTask();
        Assert.That(next.IsCompleted, Is.False);
        lease.Dispose();
        lease.Dispose();
        (await next).Dispose();
        Assert.That(budget.AcquireAsync(10, default).AsTask().IsCompleted, "a lease gives back once");
    }

    [Test]
    public async Task Who_gives_up_waiting_takes_nothing()
    {
        ByteBudget budget = new(10);
        ByteBudget.Lease lease = await budget.AcquireAsync(10, default);
        using CancellationTokenSource source = new();
        Task<ByteBudget.Lease> waiting = budget.AcquireAsync(1, source.Token).AsTask();
        await source.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        lease.Dispose();
        Assert.That(budget.AcquireAsync(10, default).AsTask().IsCompleted);
    }
}
