using System.Text.Json;

namespace OcdbtSharp.Zarr3;

/// <summary>What a group is created as.</summary>
public sealed record GroupCreateOptions
{
    /// <summary>The version of the format.</summary>
    public ZarrFormat Format { get; init; } = ZarrFormat.V3;

    /// <summary>The user's attributes, an object.</summary>
    public JsonElement? Attributes { get; init; }

    /// <summary>What happens where there is a group already.</summary>
    public ZarrCreateMode Mode { get; init; }
}
