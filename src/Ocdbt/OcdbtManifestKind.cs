namespace OcdbtSharp.Ocdbt;

/// <summary>Where a database keeps its list of versions.</summary>
public enum OcdbtManifestKind
{
    /// <summary>In <c>manifest.ocdbt</c>, which each commit replaces. For stores whose conditional writes are atomic.</summary>
    Single = 0,

    /// <summary>In a file <c>manifest.xxxxxxxxxxxxxxxx</c> for each commit; <c>manifest.ocdbt</c> holds only the configuration.</summary>
    Numbered = 1,
}
