namespace OcdbtSharp.Zarr3;

/// <summary>The two versions of zarr.</summary>
public enum ZarrFormat
{
    /// <summary>Version 2: metadata in <c>.zarray</c>. What Orbax writes unless told otherwise.</summary>
    V2 = 2,

    /// <summary>Version 3: metadata in <c>zarr.json</c>.</summary>
    V3 = 3,
}
