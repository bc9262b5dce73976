namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>The two managers do not say or write the same.</summary>
internal sealed class ManagersDifferException(string message) : Exception(message);
