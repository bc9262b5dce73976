namespace OcdbtSharp.Zarr3;

/// <summary>What the creation of an array or a group does where there is one already.</summary>
public enum ZarrCreateMode
{
    /// <summary>It is an error.</summary>
    MustBeNew,

    /// <summary>That one is opened, if it is as the options ask.</summary>
    OpenIfPresent,

    /// <summary>Everything below its path is deleted first.</summary>
    DeleteExisting,
}
