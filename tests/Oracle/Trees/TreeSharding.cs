using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>How an array lies over a mesh of devices.</summary>
/// <param name="Mesh">Devices along each axis of the mesh.</param>
/// <param name="Spec">For each leading dimension of the array the axes that split it.</param>
/// <param name="Devices">The devices in C order.</param>
internal sealed record TreeSharding(long[] Mesh, string[][] Spec, long[] Devices)
{
    /// <summary>The names of the axes.</summary>
    public string[] Axes => [.. Mesh.Select((_, axis) => "xyz"[axis].ToString())];

    /// <summary>What <c>operations/trees.py</c> makes the sharding from.</summary>
    public JsonObject ToJson() => new()
    {
        ["mesh"] = Numbers(Mesh),
        ["axes"] = Texts(Axes),
        ["spec"] = new JsonArray([.. Spec.Select(axes => (JsonNode)Texts(axes))]),
        ["devices"] = Numbers(Devices),
    };

    /// <summary>The same for a save here.</summary>
    public ArraySharding ToArraySharding() => ArraySharding.Named(Mesh, Axes, Spec, Devices);

    private static JsonArray Numbers(long[] numbers) => new([.. numbers.Select(number => (JsonNode)number)]);

    private static JsonArray Texts(string[] texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
