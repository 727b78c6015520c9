using KvmSharp.Vcpus;

namespace OwnCpu;

/// <summary>What this machine asks of its harts; numbers from 8 on are the architecture's own.</summary>
static class Requests
{
    /// <summary>An interrupt is pending.</summary>
    public static readonly VcpuRequest Interrupt = VcpuRequest.Architectural(8);

    /// <summary>Give up.</summary>
    public static readonly VcpuRequest Stop = VcpuRequest.Architectural(9);
}
