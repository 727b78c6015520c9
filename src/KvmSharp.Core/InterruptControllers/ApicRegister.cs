namespace KvmSharp.InterruptControllers;

/// <summary>Where a local APIC's registers lie in its page, and their bits.</summary>
static class ApicRegister
{
    internal const int Spacing = 0x10;

    internal const int Id = 0x20;
    internal const int Version = 0x30;
    internal const int TaskPriority = 0x80;
    internal const int ArbitrationPriority = 0x90;
    internal const int ProcessorPriority = 0xA0;
    internal const int EndOfInterrupt = 0xB0;
    internal const int LogicalDestination = 0xD0;
    internal const int DestinationFormat = 0xE0;
    internal const int SpuriousVector = 0xF0;

    // Eight registers each.
    internal const int InService = 0x100;
    internal const int TriggerMode = 0x180;
    internal const int Requested = 0x200;
    internal const int BeyondRequested = 0x280;

    internal const int ErrorStatus = 0x280;
    internal const int Command = 0x300;
    internal const int CommandHigh = 0x310;
    internal const int Timer = 0x320;
    internal const int Thermal = 0x330;
    internal const int Performance = 0x340;
    internal const int Lint0 = 0x350;
    internal const int Lint1 = 0x360;
    internal const int Error = 0x370;
    internal const int InitialCount = 0x380;
    internal const int CurrentCount = 0x390;
    internal const int DivideConfiguration = 0x3E0;

    /// <summary>There in x2APIC mode only.</summary>
    internal const int SelfIpi = 0x3F0;

    internal const uint SoftwareEnabled = 1 << 8;
    internal const uint Masked = 1 << 16;
    internal const uint Periodic = 1 << 17;
    internal const uint Busy = 1 << 12;
    internal const uint FlatFormat = uint.MaxValue;
    internal const uint ClusterFormat = 0x0FFF_FFFF;

    // Vector, pending, mask; delivery mode; polarity, remote IRR and trigger of the two pins.
    const uint Local = Masked | Busy | 0xFF;
    const uint Modes = 0x700;
    const uint Pin = 0xE000;

    /// <summary>The local vector table. There is no entry for corrected machine checks.</summary>
    internal static int[] LocalVectors { get; } = [Timer, Thermal, Performance, Lint0, Lint1, Error];

    /// <summary>The bits that an entry of the local vector table keeps.</summary>
    internal static uint LocalMask(int register) => register switch
    {
        Timer => Local | Periodic,
        Thermal or Performance => Local | Modes,
        Lint0 or Lint1 => Local | Modes | Pin,
        _ => Local,
    };
}
