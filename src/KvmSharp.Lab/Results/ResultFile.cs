namespace KvmSharp.Lab.Results;

/// <summary>What a measurement wrote down: one run, on one machine.</summary>
/// <param name="Source">Where it was read from, for messages.</param>
/// <param name="Machine">Where it ran, and of which sources.</param>
/// <param name="Command">The command line that measures the same again, where it was written down.</param>
/// <param name="IsComplete">Whether everything asked for was measured.</param>
public abstract record ResultFile(string Source, MachineDescription Machine, string? Command, bool IsComplete)
{
    /// <summary>Whether anything was measured.</summary>
    public abstract bool HasFigures { get; }
}
