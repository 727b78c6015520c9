namespace KvmSharp.X86.State;

/// <summary>The model-specific registers that this CPU has, by the numbers of the manuals.</summary>
enum Msr : uint
{
    TimeStampCounter = 0x10,
    ApicBase = 0x1B,
    TscAdjust = 0x3B,
    BiosSignId = 0x8B,
    MtrrCapabilities = 0xFE,
    SysenterCs = 0x174,
    SysenterEsp = 0x175,
    SysenterEip = 0x176,
    McgCap = 0x179,
    McgStatus = 0x17A,
    MiscEnable = 0x1A0,
    Pat = 0x277,
    MtrrDefaultType = 0x2FF,
    Efer = 0xC000_0080,
    Star = 0xC000_0081,
    LongStar = 0xC000_0082,
    CompatibilityStar = 0xC000_0083,
    SyscallMask = 0xC000_0084,
    FsBase = 0xC000_0100,
    GsBase = 0xC000_0101,
    KernelGsBase = 0xC000_0102,
    TscAux = 0xC000_0103,
}
