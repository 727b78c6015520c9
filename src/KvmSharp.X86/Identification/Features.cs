namespace KvmSharp.X86.Identification;

/// <summary>The feature bits of CPUID for what this CPU can do, and nothing else.</summary>
static class Features
{
    /// <summary>Leaf 1, ECX.</summary>
    internal const uint Leaf1Ecx =
        Sse3 | Pclmulqdq | Ssse3 | Cx16 | Sse41 | Sse42 | X2Apic | Movbe | Popcnt | Aes | Xsave;

    /// <summary>Leaf 1, EDX.</summary>
    internal const uint Leaf1Edx =
        Fpu | De | Pse | Tsc | Msr | Pae | Cx8 | Sep | Pge | Cmov | Pat | Pse36 | ClFlush | Mmx | Fxsr | Sse | Sse2;

    /// <summary>Leaf 7, EBX.</summary>
    internal const uint Leaf7Ebx = FsGsBase | TscAdjust | Bmi1 | Smep | Bmi2 | Erms | Adx | Smap | ClFlushOpt | Clwb | Sha;

    /// <summary>Leaf 7, ECX.</summary>
    internal const uint Leaf7Ecx = Umip | La57 | Rdpid;

    /// <summary>Leaf 8000_0001, ECX.</summary>
    internal const uint ExtendedEcx = LahfLm | Abm | Prefetchw;

    /// <summary>Leaf 8000_0001, EDX, apart from those of leaf 1 that it repeats.</summary>
    internal const uint ExtendedEdx = Syscall | Nx | Page1G | Rdtscp | LongMode;

    /// <summary>Leaf 1, EDX: follows the machine and its guest, so it is no feature of the CPU's.</summary>
    internal const uint Apic = 1u << 9;

    /// <summary>Leaf 1, ECX: in machines with interrupt controllers.</summary>
    internal const uint X2Apic = 1u << 21;

    const uint Sse3 = 1u << 0;
    const uint Pclmulqdq = 1u << 1;
    const uint Ssse3 = 1u << 9;
    const uint Cx16 = 1u << 13;
    const uint Sse41 = 1u << 19;
    const uint Sse42 = 1u << 20;
    const uint Movbe = 1u << 22;
    const uint Popcnt = 1u << 23;
    const uint Aes = 1u << 25;
    const uint Xsave = 1u << 26;

    const uint Fpu = 1u << 0;
    const uint De = 1u << 2;
    const uint Pse = 1u << 3;
    const uint Tsc = 1u << 4;
    const uint Msr = 1u << 5;
    const uint Pae = 1u << 6;
    const uint Cx8 = 1u << 8;
    const uint Sep = 1u << 11;
    const uint Pge = 1u << 13;
    const uint Cmov = 1u << 15;
    const uint Pat = 1u << 16;
    const uint Pse36 = 1u << 17;
    const uint ClFlush = 1u << 19;
    const uint Mmx = 1u << 23;
    const uint Fxsr = 1u << 24;
    const uint Sse = 1u << 25;
    const uint Sse2 = 1u << 26;

    const uint FsGsBase = 1u << 0;
    const uint TscAdjust = 1u << 1;
    const uint Bmi1 = 1u << 3;
    const uint Smep = 1u << 7;
    const uint Bmi2 = 1u << 8;
    const uint Erms = 1u << 9;
    const uint Adx = 1u << 19;
    const uint Smap = 1u << 20;
    const uint ClFlushOpt = 1u << 23;
    const uint Clwb = 1u << 24;
    const uint Sha = 1u << 29;

    const uint Umip = 1u << 2;
    const uint La57 = 1u << 16;
    const uint Rdpid = 1u << 22;

    const uint LahfLm = 1u << 0;
    const uint Abm = 1u << 5;
    const uint Prefetchw = 1u << 8;

    const uint Syscall = 1u << 11;
    const uint Nx = 1u << 20;
    const uint Page1G = 1u << 26;
    const uint Rdtscp = 1u << 27;
    const uint LongMode = 1u << 29;

    /// <summary>Bits of leaf 1 that leaf 8000_0001 has in the same places.</summary>
    internal const uint Repeated = Fpu | De | Pse | Tsc | Msr | Pae | Cx8 | Pge | Cmov | Pat | Pse36 | Mmx | Fxsr;
}
