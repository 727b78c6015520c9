namespace KvmSharp.X86.Events;

/// <summary>The exceptions of the architecture, by vector.</summary>
public enum Vector : byte
{
    /// <summary>#DE, a fault.</summary>
    DivideError = 0,

    /// <summary>#DB, a fault or a trap.</summary>
    Debug = 1,

    /// <summary>Non-maskable interrupt.</summary>
    NonMaskableInterrupt = 2,

    /// <summary>#BP, a trap.</summary>
    Breakpoint = 3,

    /// <summary>#OF, a trap.</summary>
    Overflow = 4,

    /// <summary>#BR, a fault.</summary>
    BoundRange = 5,

    /// <summary>#UD, a fault.</summary>
    InvalidOpcode = 6,

    /// <summary>#NM, a fault.</summary>
    DeviceNotAvailable = 7,

    /// <summary>#DF, an abort, with an error code of zero.</summary>
    DoubleFault = 8,

    /// <summary>#TS, a fault with an error code.</summary>
    InvalidTss = 10,

    /// <summary>#NP, a fault with an error code.</summary>
    SegmentNotPresent = 11,

    /// <summary>#SS, a fault with an error code.</summary>
    StackFault = 12,

    /// <summary>#GP, a fault with an error code.</summary>
    GeneralProtection = 13,

    /// <summary>#PF, a fault with an error code, and the address in CR2.</summary>
    PageFault = 14,

    /// <summary>#MF, a fault.</summary>
    FloatingPoint = 16,

    /// <summary>#AC, a fault with an error code of zero.</summary>
    AlignmentCheck = 17,

    /// <summary>#XM, a fault.</summary>
    SimdFloatingPoint = 19,
}
