namespace OcdbtSharp.Zarr3;

/// <summary>What the creation of an array does where there is one already.</summary>
public enum ArrayCreateMode
{
    /// <summary>It is an error.</summary>
    MustBeNew,

    /// <summary>That one is opened, if it is as the options ask.</summary>
    OpenIfPresent,

    /// <summary>Everything below the array's path is deleted first.</summary>
    DeleteExisting,
}
