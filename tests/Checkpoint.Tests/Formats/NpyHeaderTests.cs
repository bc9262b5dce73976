using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests.Formats;

public class NpyHeaderTests
{
    private static readonly string[] Types =
        ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64", "complex64", "complex128"];

    [Test]
    public void WhatIsWrittenReadsBack() => Prop.ForAll(
        (from type in Gen.Elements(Types)
         from shape in Gen.Choose(0, int.MaxValue).Select(extent => (long)extent * 3).ArrayOf()
         from fortran in Gen.Elements(false, true)
         from big in Gen.Elements(false, true)
         select new NpyHeader(type, shape, fortran, big && type is not ("bool" or "uint8" or "int8"))).ToArbitrary(),
        header =>
        {
            byte[] bytes = header.Encode();
            return bytes.Length % 64 == 0 && NpyHeader.DecodeLength(bytes) == bytes.Length && NpyHeader.Decode(bytes).Equals(header);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void AVectorIsWrittenAsNumPyWritesIt() => Assert.That(
        Encoding.Latin1.GetString(new NpyHeader("float32", [7], false, false).Encode()),
        Is.EqualTo("\u0093NUMPY\u0001\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }".PadRight(127) + "\n"));

    [Test]
    public void ABrokenHeaderIsATypedError()
    {
        byte[] bytes = new NpyHeader("int16", [3, 4], false, false).Encode();
        for (int i = 0; i < bytes.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. bytes];
                damaged[i] ^= (byte)(1 << bit);
                try
                {
                    int length = NpyHeader.DecodeLength(damaged);
                    NpyHeader.Decode(damaged.AsSpan(0, Math.Min(length, damaged.Length)));
                }
                catch (OcdbtSharpException)
                {
                    // A typed error is as good as the right answer.
                }
            }
        }
    }
}
