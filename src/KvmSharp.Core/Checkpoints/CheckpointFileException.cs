using System.IO;

namespace KvmSharp.Checkpoints;

/// <summary>A file is no checkpoint, is damaged or cut short, or does not go with the parent it was loaded with.</summary>
/// <remarks>Nothing was loaded.</remarks>
public sealed class CheckpointFileException : IOException
{
    /// <summary>Says what is wrong and where.</summary>
    /// <param name="position">Bytes from the start of the file, at which the part begins that is wrong.</param>
    /// <param name="problem">What is wrong.</param>
    public CheckpointFileException(long position, string problem)
        : base($"checkpoint file, at byte {position}: {problem}") => Position = position;

    /// <summary>Bytes from the start of the file, at which the part begins that is wrong.</summary>
    public long Position { get; }
}
