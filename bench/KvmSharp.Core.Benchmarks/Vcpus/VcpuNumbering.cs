namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>How the creator of vCPUs chooses their ids.</summary>
enum VcpuNumbering
{
    /// <summary>As indices.</summary>
    Indices,

    /// <summary>APIC ids, with gaps between packages.</summary>
    Apic,

    /// <summary>Anywhere below 2^20.</summary>
    Strewn,
}
