using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>The latest manifest as it was found in the store.</summary>
/// <param name="Manifest">The manifest; of numbered ones that with the highest number, or the bare configuration where there is none yet.</param>
/// <param name="Generation">The generation of the key that holds <c>manifest.ocdbt</c>.</param>
/// <param name="Numbers">The numbers of the numbered manifests that the store holds, in order.</param>
internal sealed record ManifestState(Manifest Manifest, StorageGeneration Generation, ulong[] Numbers);
