namespace KvmSharp.Backends;

/// <summary>What a guest wants of its machine.</summary>
/// <param name="Kind">What.</param>
public readonly record struct SystemEventExit(SystemEventKind Kind);

/// <summary>KVM's kinds of system events; a number that is not listed is possible.</summary>
public enum SystemEventKind
{
    /// <summary>Power off.</summary>
    Shutdown = 1,

    /// <summary>Restart.</summary>
    Reset = 2,

    /// <summary>The guest says that it has crashed.</summary>
    Crash = 3,
}
