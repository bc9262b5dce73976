namespace OcdbtSharp.Checkpoint.Save;

/// <summary>Which device holds which part of an array, and which of several that hold the same one writes what.</summary>
internal static class ShardPlan
{
    /// <summary>A part of an array.</summary>
    /// <param name="Origin">The first element along each dimension.</param>
    /// <param name="Shape">The number of elements along each dimension.</param>
    /// <param name="Process">The process that writes it.</param>
    public readonly record struct Shard(long[] Origin, long[] Shape, int Process);

    /// <summary>The shape of the parts that are written: that of a shard, or where its replicas share it out, that of such a share.</summary>
    public static long[] WriteShape(ArraySharding sharding, IReadOnlyList<long> shape, bool useReplicaParallel)
    {
        long[] shard = [.. sharding.ShardShape(shape)];
        if (useReplicaParallel && ReplicaAxis(shard, Replicas(sharding)) is { } axis)
        {
            shard[axis] /= Replicas(sharding);
        }

        return shard;
    }

    /// <summary>The parts of an array, each once.</summary>
    /// <exception cref="ArgumentException">The devices cannot be shared out evenly among the processes.</exception>
    public static IEnumerable<Shard> Shards(ArraySharding sharding, IReadOnlyList<long> shape, bool useReplicaParallel, int processes)
    {
        long[] shardShape = [.. sharding.ShardShape(shape)];
        int[] processOf = ProcessOfDevices(sharding, processes);
        int replicas = Replicas(sharding);
        int? replicaAxis = useReplicaParallel ? ReplicaAxis(shardShape, replicas) : null;
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        long[] position = new long[sharding.MeshShape.Count];
        for (int device = 0; device < processOf.Length; device++)
        {
            long[] index = ShardIndex(sharding, position, shape.Count);
            string text = string.Join(',', index);
            int replica = seen.GetValueOrDefault(text);
            seen[text] = replica + 1;
            if (replica == 0 || replicaAxis is not null)
            {
                Shard part = Part(shape, shardShape, index, replicaAxis, replica, replicas, processOf[device]);
                if (!part.Shape.Contains(0))
                {
                    yield return part;
                }
            }

            Zarr3.Extents.Next(position, new long[position.Length], [.. sharding.MeshShape]);
        }
    }

    /// <summary>The part of an array that a device holds.</summary>
    public static Zarr3.ArrayRegion Region(ArraySharding sharding, IReadOnlyList<long> shape, int device)
    {
        long devices = sharding.MeshShape.Aggregate(1L, (product, extent) => product * extent);
        if (device < 0 || device >= devices)
        {
            throw new ArgumentException($"There is no device {device}: the mesh has {devices}.", nameof(device));
        }

        long[] position = new long[sharding.MeshShape.Count];
        long rest = device;
        for (int axis = position.Length - 1; axis >= 0; axis--)
        {
            position[axis] = rest % sharding.MeshShape[axis];
            rest /= sharding.MeshShape[axis];
        }

        Shard shard = Part(shape, [.. sharding.ShardShape(shape)], ShardIndex(sharding, position, shape.Count), null, 0, 1, 0);
        return new Zarr3.ArrayRegion(shard.Origin, shard.Shape);
    }

    private static Shard Part(IReadOnlyList<long> shape, long[] shardShape, long[] index, int? replicaAxis, int replica, int replicas, int process)
    {
        long[] origin = new long[shape.Count];
        long[] extent = new long[shape.Count];
        for (int dimension = 0; dimension < origin.Length; dimension++)
        {
            origin[dimension] = Math.Min(shape[dimension], index[dimension] * shardShape[dimension]);
            extent[dimension] = Math.Min(shardShape[dimension], shape[dimension] - origin[dimension]);
        }

        if (replicaAxis is { } axis)
        {
            long share = shardShape[axis] / replicas;
            long end = origin[axis] + extent[axis];
            origin[axis] = Math.Min(end, origin[axis] + (replica * share));
            extent[axis] = Math.Min(share, end - origin[axis]);
        }

        return new Shard(origin, extent, process);
    }

    /// <summary>Where the shard of a device lies among the shards, along each dimension.</summary>
    private static long[] ShardIndex(ArraySharding sharding, long[] position, int rank)
    {
        long[] index = new long[rank];
        for (int dimension = 0; dimension < sharding.PartitionSpec.Count; dimension++)
        {
            foreach (string name in sharding.PartitionSpec[dimension])
            {
                int axis = sharding.IndexOfAxis(name);
                index[dimension] = (index[dimension] * sharding.MeshShape[axis]) + position[axis];
            }
        }

        return index;
    }

    private static int Replicas(ArraySharding sharding)
    {
        HashSet<string> split = [.. sharding.PartitionSpec.SelectMany(axes => axes)];
        long replicas = 1;
        for (int axis = 0; axis < sharding.AxisNames.Count; axis++)
        {
            replicas *= split.Contains(sharding.AxisNames[axis]) ? 1 : sharding.MeshShape[axis];
        }

        return checked((int)replicas);
    }

    private static int? ReplicaAxis(long[] shard, int replicas)
    {
        int axis = replicas <= 1 || shard.Contains(0) ? -1 : Array.FindIndex(shard, extent => extent % replicas == 0);
        return axis < 0 ? null : axis;
    }

    // JAX numbers the devices of a process in a row, whatever their places in the mesh.
    private static int[] ProcessOfDevices(ArraySharding sharding, int processes)
    {
        int devices = checked((int)sharding.MeshShape.Aggregate(1L, (product, extent) => checked(product * extent)));
        if (devices % processes != 0)
        {
            throw new ArgumentException($"{devices} devices of a mesh cannot be shared out evenly among {processes} processes: give the regions that each of them holds.");
        }

        int[] byPlace = [.. Enumerable.Range(0, devices)];
        long[] ids = sharding.DeviceIds.Count == devices ? [.. sharding.DeviceIds] : [.. byPlace.Select(place => (long)place)];
        Array.Sort(ids, byPlace);
        int[] processOf = new int[devices];
        for (int rank = 0; rank < devices; rank++)
        {
            processOf[byPlace[rank]] = rank / (devices / processes);
        }

        return processOf;
    }
}
