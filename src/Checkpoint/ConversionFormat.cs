namespace OcdbtSharp.Checkpoint;

/// <summary>What a conversion writes.</summary>
public enum ConversionFormat
{
    /// <summary>A checkpoint of Orbax.</summary>
    Orbax,

    /// <summary>A safetensors file, or several with an index.</summary>
    Safetensors,

    /// <summary>A NumPy archive.</summary>
    Npz,

    /// <summary>A folder of NumPy files.</summary>
    NpyFolder,

    /// <summary>A zarr group.</summary>
    ZarrGroup,
}
