namespace KvmSharp.X86.Identification;

/// <summary>What CPUID answers.</summary>
readonly record struct CpuidValue(uint Eax, uint Ebx, uint Ecx, uint Edx);
