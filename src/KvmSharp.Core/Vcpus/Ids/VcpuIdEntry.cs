namespace KvmSharp.Vcpus.Ids;

/// <summary>An id and the index it leads to.</summary>
readonly record struct VcpuIdEntry(uint Id, int Index);
