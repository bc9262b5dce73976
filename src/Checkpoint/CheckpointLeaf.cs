using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint;

/// <summary>A leaf of the tree that an item holds: where it is, what it is, how it is stored. Its value is read when it is restored.</summary>
public sealed class CheckpointLeaf
{
    private readonly TreeKey[] _path;

    internal CheckpointLeaf(TreeKey[] path, string name, LeafKind kind, string typeName)
    {
        _path = path;
        Name = name;
        Kind = kind;
        TypeName = typeName;
    }

    /// <summary>The keys from the root of the tree to this leaf; empty where the tree is this leaf.</summary>
    public IReadOnlyList<TreeKey> Path => _path;

    /// <summary>The keys of <see cref="Path"/> with dots between them: the name under which Orbax stores an array.</summary>
    public string Name { get; }

    /// <summary>What the leaf is.</summary>
    public LeafKind Kind { get; }

    /// <summary>
    /// The type that was recorded when it was saved: <c>jax.Array</c>, <c>np.ndarray</c>, <c>scalar</c>, <c>string</c>, <c>None</c>, <c>Dict</c>,
    /// <c>List</c>, <c>Tuple</c>, <c>NamedTuple</c>, or what a handler of the user's own named it.
    /// </summary>
    public string TypeName { get; }

    /// <summary>The type of an element; null for a leaf without elements.</summary>
    public DataType? DataType { get; internal init; }

    /// <summary>Elements along each dimension; empty for a scalar and for a leaf without elements.</summary>
    public IReadOnlyList<long> Shape { get; internal init; } = [];

    /// <summary>The shape of the chunks in which the array is compressed; null where it is not stored in chunks.</summary>
    public IReadOnlyList<long>? ChunkShape { get; internal init; }

    /// <summary>The shape of the part that one device or process wrote; null where it was not recorded.</summary>
    public IReadOnlyList<long>? WriteShape { get; internal init; }

    /// <summary>The implementation of JAX's random generator that a <see cref="LeafKind.PrngKey"/> belongs to; null where it was not recorded.</summary>
    public string? KeyImplementation { get; internal init; }

    /// <summary>The text of a <see cref="LeafKind.String"/>; null for every other leaf.</summary>
    public string? Text { get; internal init; }

    /// <summary>Bytes that the leaf takes in the store, metadata of the array included; 0 for a leaf that is not stored as an array.</summary>
    public long StoredBytes { get; internal init; }

    /// <summary>Bytes of the value in memory: elements times the size of one.</summary>
    public long LogicalBytes { get; internal init; }

    /// <summary>
    /// The array that the leaf is stored as, for reads that a leaf has no method for, such as that of chosen rows. It is not to be written to. Null for a
    /// leaf that is not stored as a zarr array.
    /// </summary>
    public ZarrArray? Array => (Source as ZarrLeafSource)?.Array;

    /// <summary>Where the value is read from; null for a leaf without elements.</summary>
    internal LeafSource? Source { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Restores the value.</summary>
    /// <inheritdoc cref="RestoreAsync(IReadOnlyList{long}, IReadOnlyList{long}, CancellationToken)"/>
    public Task<RestoredLeaf> RestoreAsync(CancellationToken cancellationToken = default) =>
        RestoreOperation.RunAsync(this, new long[Shape.Count], [.. Shape], cancellationToken);

    /// <summary>Restores a region of the value; only the chunks that it touches are read.</summary>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentOutOfRangeException">The region is not within the array.</exception>
    /// <exception cref="KvStore.CorruptDataException">The array is damaged.</exception>
    /// <exception cref="KvStore.UnsupportedFormatException">The array has a codec or a type that is not supported.</exception>
    /// <exception cref="KvStore.StorageException">The storage failed, or a part of the array is missing.</exception>
    public Task<RestoredLeaf> RestoreAsync(IReadOnlyList<long> origin, IReadOnlyList<long> shape, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(shape);
        return RestoreOperation.RunAsync(this, [.. origin], [.. shape], cancellationToken);
    }

    /// <summary>Writes the elements of a region one behind the other, little-endian and in C order. They are read piece by piece, and each chunk once.</summary>
    /// <param name="destination">Takes the elements; borrowed until the task ends.</param>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="options">At what cost; null for the defaults. What they select does not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The leaf has no elements.</exception>
    /// <inheritdoc cref="RestoreAsync(IReadOnlyList{long}, IReadOnlyList{long}, CancellationToken)"/>
    public async Task CopyToAsync(
        Stream destination, IReadOnlyList<long> origin, IReadOnlyList<long> shape, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(shape);
        options ??= new RestoreOptions();
        LeafSource source = Source ?? throw new ArgumentException($"'{Name}' has no elements.");
        LeafRead region = LeafRead.Region(this, [.. origin], [.. shape]);
        TransferPlan plan = new(source, new OrderedSink(destination.WriteAsync), Shape, source.ElementSize)
        {
            MaxMemory = options.MaxMemory,
            DegreeOfParallelism = options.MaxParallelism,
        };
        await new TransferRunner(options.MaxMemory, 1).RunAsync(plan.Tasks(region.Origin, region.Shape), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same leaf as keys of JAX's random generator, of an implementation that was not recorded.</summary>
    internal CheckpointLeaf AsPrngKey() => new(_path, Name, LeafKind.PrngKey, TypeName)
    {
        DataType = DataType,
        Shape = Shape,
        ChunkShape = ChunkShape,
        WriteShape = WriteShape,
        StoredBytes = StoredBytes,
        LogicalBytes = LogicalBytes,
        Source = Source,
    };
}
