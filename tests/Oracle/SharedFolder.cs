using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>A temporary folder that a reference implementation writes into: where it refused something it may still be at work when the folder is deleted.</summary>
internal sealed class SharedFolder : IDisposable
{
    private const int Attempts = 20;
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    /// <summary>The full path of something in the folder.</summary>
    public string Combine(params string[] parts) => _folder.Combine(parts);

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                _folder.Dispose();
                return;
            }
            catch (IOException) when (attempt < Attempts)
            {
                Thread.Sleep(50);
            }
        }
    }
}
