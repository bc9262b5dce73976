using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// How an array was laid out over devices when it was saved: a mesh of devices with named axes, and for each dimension of the array the axes over
/// which it is split. An array that lay on one device has no mesh.
/// </summary>
public sealed class ArraySharding
{
    private const string NamedType = "NamedSharding";
    private const string SingleDeviceType = "SingleDeviceSharding";

    private ArraySharding()
    {
    }

    /// <summary>An array on one device.</summary>
    /// <param name="device">The device as JAX prints it.</param>
    public static ArraySharding SingleDevice(string device = "cpu:0")
    {
        ArgumentException.ThrowIfNullOrEmpty(device);
        return new ArraySharding { Type = SingleDeviceType, Device = device };
    }

    /// <summary>An array over a mesh of devices.</summary>
    /// <param name="meshShape">Devices along each axis of the mesh.</param>
    /// <param name="axisNames">The name of each axis.</param>
    /// <param name="partitionSpec">For each leading dimension of the array, the axes over which it is split, none where it is not.</param>
    /// <param name="deviceIds">Identifiers of the devices in C order; null for 0, 1, 2 and so on.</param>
    /// <exception cref="ArgumentException">The lists do not fit each other, or the partition names an axis that the mesh does not have.</exception>
    public static ArraySharding Named(
        IReadOnlyList<long> meshShape, IReadOnlyList<string> axisNames, IReadOnlyList<IReadOnlyList<string>> partitionSpec, IReadOnlyList<long>? deviceIds = null)
    {
        ArgumentNullException.ThrowIfNull(meshShape);
        ArgumentNullException.ThrowIfNull(axisNames);
        ArgumentNullException.ThrowIfNull(partitionSpec);
        long devices = meshShape.Aggregate(1L, (product, extent) => checked(product * extent));
        if (meshShape.Count != axisNames.Count || devices is < 1 or > int.MaxValue || (deviceIds is not null && deviceIds.Count != devices))
        {
            throw new ArgumentException("A mesh has a name for each axis, at least one device, and as many devices as its shape says.", nameof(meshShape));
        }

        ArraySharding sharding = new()
        {
            Type = NamedType,
            MeshShape = [.. meshShape],
            AxisNames = [.. axisNames],
            AxisTypes = [.. axisNames.Select(_ => "AxisType.Auto")],
            PartitionSpec = [.. partitionSpec.Select(axes => (IReadOnlyList<string>)[.. axes])],
            DeviceIds = deviceIds is null ? [.. Enumerable.Range(0, (int)devices).Select(id => (long)id)] : [.. deviceIds],
        };
        foreach (string axis in partitionSpec.SelectMany(axes => axes))
        {
            sharding.IndexOfAxis(axis);
        }

        return sharding;
    }

    /// <summary>JAX's name for the kind of sharding: <c>NamedSharding</c>, <c>SingleDeviceSharding</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Devices along each axis of the mesh; empty for a single device.</summary>
    public IReadOnlyList<long> MeshShape { get; private init; } = [];

    /// <summary>The name of each axis of the mesh.</summary>
    public IReadOnlyList<string> AxisNames { get; private init; } = [];

    /// <summary>The type of each axis of the mesh, as JAX prints it; empty where it was not recorded.</summary>
    public IReadOnlyList<string> AxisTypes { get; private init; } = [];

    /// <summary>For each leading dimension of the array, the axes over which it is split, none where it is not. Further dimensions are not split.</summary>
    public IReadOnlyList<IReadOnlyList<string>> PartitionSpec { get; private init; } = [];

    /// <summary>Identifiers of the devices of the mesh in C order; empty where they were not recorded.</summary>
    public IReadOnlyList<long> DeviceIds { get; private init; } = [];

    /// <summary>The device of an array that lay on one device, as JAX prints it.</summary>
    public string? Device { get; private init; }

    /// <summary>Where device memory of a certain kind was asked for, its kind.</summary>
    public string? MemoryKind { get; private init; }

    /// <summary>The shape of the part of an array that each device held.</summary>
    /// <param name="shape">The shape of the array.</param>
    /// <exception cref="ArgumentException">The partition has more dimensions than the array, or names an axis that the mesh does not have.</exception>
    public IReadOnlyList<long> ShardShape(IReadOnlyList<long> shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (PartitionSpec.Count > shape.Count)
        {
            throw new ArgumentException($"The partition has {PartitionSpec.Count} dimensions, the array {shape.Count}.", nameof(shape));
        }

        long[] shard = [.. shape];
        for (int dimension = 0; dimension < PartitionSpec.Count; dimension++)
        {
            foreach (string axis in PartitionSpec[dimension])
            {
                long devices = MeshShape[IndexOfAxis(axis)];
                shard[dimension] = devices == 0 ? 0 : (shard[dimension] / devices) + (shard[dimension] % devices == 0 ? 0 : 1);
            }
        }

        return shard;
    }

    /// <summary>The part of an array that a device holds.</summary>
    /// <param name="shape">The shape of the array.</param>
    /// <param name="device">The place of the device in the mesh, in C order; 0 for an array on one device.</param>
    /// <exception cref="ArgumentException">There is no such device, or the partition does not fit the array.</exception>
    public Zarr3.ArrayRegion ShardRegion(IReadOnlyList<long> shape, int device)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return Save.ShardPlan.Region(this, shape, device);
    }

    /// <summary>Parses the file <c>_sharding</c>: base64 of each array's name, and the sharding as JSON in a string.</summary>
    /// <exception cref="CorruptDataException">It is not what Orbax writes.</exception>
    internal static Dictionary<string, ArraySharding> DecodeFile(ReadOnlyMemory<byte> utf8, string location)
    {
        Dictionary<string, ArraySharding> shardings = new(StringComparer.Ordinal);
        Dictionary<string, ArraySharding> decoded = new(StringComparer.Ordinal);
        try
        {
            foreach (JsonProperty member in PythonJson.ParseObject(utf8, location).EnumerateObject())
            {
                string name = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(member.Name.Replace('-', '+').Replace('_', '/')));
                string text = member.Value.GetString() ?? throw new FormatException("A sharding is null.");
                if (!decoded.TryGetValue(text, out ArraySharding? sharding))
                {
                    sharding = Decode(PythonJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(text), location));
                    decoded.Add(text, sharding);
                }

                shardings[name] = sharding;
            }
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, location);
        }

        return shardings;
    }

    /// <summary>The file's text: TensorStore keeps members in the order of their bytes.</summary>
    internal static PythonJsonWriter EncodeFile(IEnumerable<(string Name, ArraySharding Sharding)> shardings)
    {
        Dictionary<ArraySharding, string> texts = [];
        PythonJsonWriter json = new(compact: true);
        json.StartObject();
        foreach ((string name, ArraySharding sharding) in shardings
            .Select(pair => (Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair.Name)).Replace('+', '-').Replace('/', '_'), pair.Sharding))
            .OrderBy(pair => pair.Item1, StringComparer.Ordinal))
        {
            if (!texts.TryGetValue(sharding, out string? text))
            {
                text = sharding.Encode();
                texts.Add(sharding, text);
            }

            json.Name(name);
            json.String(text);
        }

        json.EndObject();
        return json;
    }

    private string Encode()
    {
        using PythonJsonWriter json = new();
        json.StartObject();
        json.Name("sharding_type");
        json.String(Type);
        if (Type == SingleDeviceType)
        {
            json.Name("device_str");
            json.StringOrNull(Device);
        }
        else
        {
            EncodeMesh(json);
        }

        json.EndObject();
        return System.Text.Encoding.UTF8.GetString(json.ToArray());
    }

    private void EncodeMesh(PythonJsonWriter json)
    {
        json.Name("shape");
        json.Shape(MeshShape);
        json.Name("axis_names");
        Strings(json, AxisNames);
        if (AxisTypes.Count > 0)
        {
            json.Name("axis_types");
            Strings(json, AxisTypes);
        }

        json.Name("partition_spec");
        json.StartArray();
        foreach (IReadOnlyList<string> axes in PartitionSpec)
        {
            if (axes.Count == 0)
            {
                json.Null();
            }
            else if (axes.Count == 1)
            {
                json.String(axes[0]);
            }
            else
            {
                Strings(json, axes);
            }
        }

        json.EndArray();
        if (DeviceIds.Count > 0)
        {
            json.Name("device_mesh");
            json.StartObject();
            json.Name("mesh");
            int next = 0;
            EncodeDevices(json, 0, ref next);
            json.EndObject();
        }
    }

    private void EncodeDevices(PythonJsonWriter json, int axis, ref int next)
    {
        if (axis == MeshShape.Count)
        {
            json.StartObject();
            json.Name("id");
            json.Number(DeviceIds[next++]);
            json.EndObject();
            return;
        }

        json.StartArray();
        for (long index = 0; index < MeshShape[axis]; index++)
        {
            EncodeDevices(json, axis + 1, ref next);
        }

        json.EndArray();
    }

    private static void Strings(PythonJsonWriter json, IEnumerable<string> values)
    {
        json.StartArray();
        foreach (string value in values)
        {
            json.String(value);
        }

        json.EndArray();
    }

    private static ArraySharding Decode(JsonElement json) => new()
    {
        Type = json.GetProperty("sharding_type").GetString() ?? throw new FormatException("sharding_type is null."),
        MeshShape = List(json, "shape", element => element.GetInt64()),
        AxisNames = List(json, "axis_names", element => element.GetString() ?? ""),
        AxisTypes = List(json, "axis_types", element => element.GetString() ?? ""),
        PartitionSpec = List<IReadOnlyList<string>>(json, "partition_spec", Axes),
        DeviceIds = json.TryGetProperty("device_mesh", out JsonElement mesh) && mesh.ValueKind == JsonValueKind.Object
            ? [.. Devices(mesh.GetProperty("mesh"))]
            : [],
        Device = Text(json, "device_str"),
        MemoryKind = Text(json, "memory_kind"),
    };

    private static List<T> List<T>(JsonElement json, string name, Func<JsonElement, T> decode) =>
        json.TryGetProperty(name, out JsonElement list) && list.ValueKind != JsonValueKind.Null ? [.. list.EnumerateArray().Select(decode)] : [];

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;

    private static string[] Axes(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.String => [element.GetString()!],
        _ => [.. element.EnumerateArray().Select(axis => axis.GetString() ?? "")],
    };

    private static IEnumerable<long> Devices(JsonElement mesh) =>
        mesh.ValueKind == JsonValueKind.Array ? mesh.EnumerateArray().SelectMany(Devices) : [mesh.GetProperty("id").GetInt64()];

    internal int IndexOfAxis(string axis)
    {
        for (int index = 0; index < AxisNames.Count && index < MeshShape.Count; index++)
        {
            if (AxisNames[index] == axis)
            {
                return index;
            }
        }

        throw new ArgumentException($"The mesh has no axis '{axis}'.", nameof(axis));
    }
}
