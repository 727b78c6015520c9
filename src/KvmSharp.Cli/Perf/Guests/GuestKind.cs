namespace KvmSharp.Cli.Perf.Guests;

/// <summary>What executes the guest's side of a test.</summary>
enum GuestKind
{
    /// <summary>The loops in C#, on the vCPU's memory view.</summary>
    View,

    /// <summary>The loops as x86-64 code, on the software CPU.</summary>
    X86,
}
