using KvmSharp.X86.Events;

namespace KvmSharp.X86.Privileged;

/// <summary>The checks that privileged instructions begin with.</summary>
static class PrivilegeCheck
{
    /// <summary>Only the most privileged code goes on; other gets #GP.</summary>
    internal static bool TryRequireSupervisor(this Cpu cpu) =>
        cpu.State.Cpl == 0 || cpu.Raise(Vector.GeneralProtection, 0);

    /// <summary>Real mode gets #UD.</summary>
    internal static bool TryRequireProtected(this Cpu cpu) => cpu.IsProtected || cpu.Raise(Vector.InvalidOpcode);
}
