using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.V2;
using OcdbtSharp.Zarr3.V3;
using OcdbtSharp.Zarr3.Writing;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>Creates the zarr arrays of a tree. Arrays of one layout have the same metadata, which is made once for all of them.</summary>
internal sealed class ArrayFactory(IKvStore store, SaveOptions options)
{
    private readonly Dictionary<string, (ArrayMetadata Metadata, byte[] File)> _made = new(StringComparer.Ordinal);

    // Arrays come in the order of their sizes, so mostly the layout is that of the one before.
    private (ArrayLayout Layout, ArrayMetadata Metadata, byte[] File)? _last;

    /// <summary>Stores the metadata of an array.</summary>
    public async ValueTask CreateAsync(SavedArray array, CancellationToken cancellationToken)
    {
        Key file = options.UseZarr3 ? V3Metadata.FileName : V2Metadata.FileName;
        await Folder(array).WriteAsync(file, Metadata(array.Layout).File, default, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The array, which another process may have created.</summary>
    public ZarrArray Open(SavedArray array) => new(Folder(array), Metadata(array.Layout).Metadata);

    private IKvStore Folder(SavedArray array) => ArrayFolder.Of(array.Leaf.Name) is { Length: > 0 } folder ? store.WithPrefix(folder) : store;

    private (ArrayMetadata Metadata, byte[] File) Metadata(ArrayLayout layout)
    {
        if (_last is { } last && last.Layout.IsStoredAs(layout))
        {
            return (last.Metadata, last.File);
        }

        string key = $"{layout.StoredType}|{string.Join(',', layout.Shape)}|{string.Join(',', layout.ChunkShape)}";
        if (!_made.TryGetValue(key, out (ArrayMetadata Metadata, byte[] File) made))
        {
            ArrayMetadata metadata = NewMetadata.Of(Options(layout)).Metadata;
            made = (metadata, JsonSpelling.Write(metadata.Json));
            _made.Add(key, made);
        }

        _last = (layout, made.Metadata, made.File);
        return made;
    }

    // A chunk of version 3 is a shard with one inner chunk of the same shape, as Orbax has it.
    private ArrayCreateOptions Options(ArrayLayout layout) => new()
    {
        Format = options.UseZarr3 ? ZarrFormat.V3 : ZarrFormat.V2,
        Shape = layout.Shape,
        DataType = layout.StoredType,
        ChunkShape = layout.ChunkShape,
        ShardShape = options.UseZarr3 ? layout.ChunkShape : null,
        Codecs = options.UseCompression ? [ZarrCodec.Zstd(options.UseZarr3 ? 3 : 1)] : [],
        DimensionSeparator = options.UseZarr3 ? null : '.',
    };
}
