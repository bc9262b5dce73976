using System.Buffers.Binary;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>
/// Elements of types that only JAX has, as elements of an ordinary type that holds all their values: <c>bfloat16</c> and the small floats as
/// <c>float32</c>, integers of less than a byte as those of a byte.
/// </summary>
internal static class ElementWidening
{
    /// <summary>The ordinary type; null where there is none, or the type is ordinary itself.</summary>
    public static string? TypeFor(string dataType) => dataType switch
    {
        "bfloat16" => "float32",
        "int2" or "int4" => "int8",
        "uint2" or "uint4" => "uint8",
        _ => SmallFloat.TableOf(dataType) is null ? null : "float32",
    };

    /// <summary>Bytes that an element takes in the ordinary type for each byte that it takes in its own.</summary>
    public static int Factor(string dataType) => dataType == "bfloat16" ? 2 : SmallFloat.TableOf(dataType) is null ? 1 : 4;

    /// <summary>Converts elements, little-endian on both sides.</summary>
    /// <param name="dataType">The type to convert from, one that <see cref="TypeFor"/> knows.</param>
    /// <param name="source">The elements.</param>
    /// <param name="destination">Of <see cref="Factor"/> times the length.</param>
    public static void Convert(string dataType, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (dataType == "bfloat16")
        {
            for (int i = 0; i < source.Length; i += sizeof(ushort))
            {
                float value = SmallFloat.FromBFloat16(BinaryPrimitives.ReadUInt16LittleEndian(source[i..]));
                BinaryPrimitives.WriteSingleLittleEndian(destination[(2 * i)..], value);
            }
        }
        else if (SmallFloat.TableOf(dataType) is { } table)
        {
            for (int i = 0; i < source.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(destination[(sizeof(float) * i)..], table[source[i]]);
            }
        }
        else if (dataType is "int2" or "int4")
        {
            int unused = dataType == "int4" ? 4 : 6;
            for (int i = 0; i < source.Length; i++)
            {
                destination[i] = (byte)((sbyte)(source[i] << unused) >> unused);
            }
        }
        else
        {
            source.CopyTo(destination);
        }
    }
}
