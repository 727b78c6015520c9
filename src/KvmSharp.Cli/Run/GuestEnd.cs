namespace KvmSharp.Cli.Run;

/// <summary>How a guest came to its end.</summary>
/// <param name="Kind">By whose doing.</param>
/// <param name="ExitCode">The guest's exit code, when it gave one.</param>
/// <param name="Message">What went wrong, when something did.</param>
sealed record GuestEnd(GuestEndKind Kind, int ExitCode = 0, string? Message = null);

/// <summary>By whose doing a guest came to its end.</summary>
enum GuestEndKind
{
    /// <summary>It ended the machine itself, or all its vCPUs halted.</summary>
    Guest,

    /// <summary>It cannot go on: a triple fault, an instruction that cannot be executed.</summary>
    Crash,

    /// <summary>Its time was over.</summary>
    Timeout,

    /// <summary>The user ended it.</summary>
    Interruption,
}
