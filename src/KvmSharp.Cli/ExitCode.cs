namespace KvmSharp.Cli;

/// <summary>How a command ended, as its caller sees it.</summary>
static class ExitCode
{
    internal const int Success = 0;

    /// <summary>A check failed, or the command was interrupted.</summary>
    internal const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    internal const int WrongUse = 2;

    /// <summary>It cannot be done on this machine.</summary>
    internal const int NotSupported = 3;
}
