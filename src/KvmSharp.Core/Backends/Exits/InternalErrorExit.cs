namespace KvmSharp.Backends;

/// <summary>A state from which the vCPU cannot go on by itself.</summary>
/// <param name="Kind">What is wrong.</param>
public readonly record struct InternalErrorExit(InternalErrorKind Kind);

/// <summary>KVM's suberrors of an internal error; a number that is not listed is possible.</summary>
public enum InternalErrorKind
{
    /// <summary>An instruction that cannot be emulated.</summary>
    Emulation = 1,

    /// <summary>Two exceptions at once that do not go together.</summary>
    SimultaneousException = 2,

    /// <summary>A fault while an event was delivered.</summary>
    DeliveryEvent = 3,

    /// <summary>The processor left the guest for a reason it should not have.</summary>
    UnexpectedExit = 4,
}
