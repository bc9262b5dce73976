namespace OcdbtSharp.Benchmarks;

/// <summary>Benchmarks whose speed is told in bytes per second.</summary>
public interface IMeasuredBytes
{
    /// <summary>Bytes that one operation works through. Known once the benchmark is prepared.</summary>
    long BytesPerOperation { get; }

    /// <summary>Makes ready what is measured.</summary>
    void Prepare();
}
