using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>Where things lie in guest memory when a guest starts, beside its image. docs/run.md tells it to guests' authors.</summary>
static class BootLayout
{
    /// <summary>The boot record, and behind it the command line.</summary>
    internal static readonly Gpa Record = new(0x500);

    /// <summary>The command line, up to <see cref="CommandLineBytes"/> with its final zero.</summary>
    internal static readonly Gpa CommandLine = new(0x600);

    internal const int CommandLineBytes = 0xa00;

    /// <summary>Descriptors, and a task state that nobody uses but a processor wants to have.</summary>
    internal static readonly Gpa Descriptors = new(0x1000);

    internal static readonly Gpa TaskState = new(0x1100);

    /// <summary>In long mode: the tables that map memory one to one, up to <see cref="ReservedEnd"/>.</summary>
    internal static readonly Gpa PageMap = new(0x2000);

    internal static readonly Gpa PageDirectoryPointers = new(0x3000);

    internal static readonly Gpa PageDirectories = new(0x10000);

    /// <summary>In real mode the image may begin here, with the stacks below; in the others at <see cref="ReservedEnd"/>.</summary>
    internal static readonly Gpa RealStacksEnd = new(0x7c00);

    internal static readonly Gpa ReservedEnd = new(0x10_0000);

    /// <summary>Each vCPU's stack: at the end of memory (below 4 GiB in protected mode), that of vCPU 0 last.</summary>
    internal const ulong StackBytes = 64 << 10;

    internal const ulong RealStackBytes = 1 << 10;

    /// <summary>vCPUs that have room for a stack in real mode.</summary>
    internal const int MaxRealVcpus = 24;

    /// <summary>Memory that one page of directory pointers maps.</summary>
    internal const ulong MaxMemory = 512UL << 30;

    /// <summary>Memory that is mapped by leaves of 2 MiB; what lies above, by leaves of 1 GiB.</summary>
    internal const ulong SmallLeavesEnd = 64UL << 30;

    /// <summary>Mapped at least, so that addresses of devices reach them.</summary>
    internal const ulong LeastMapped = 4UL << 30;
}
