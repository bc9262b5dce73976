namespace OcdbtSharp.Ocdbt;

/// <summary>What happens where there is no database yet, or where there is one already.</summary>
public enum OcdbtOpenMode
{
    /// <summary>The database must exist.</summary>
    Open = 0,

    /// <summary>The database is created unless it exists.</summary>
    OpenOrCreate = 1,

    /// <summary>The database must not exist; it is created.</summary>
    CreateNew = 2,
}
