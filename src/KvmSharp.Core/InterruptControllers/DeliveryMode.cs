namespace KvmSharp.InterruptControllers;

/// <summary>What an interrupt message asks of its target; numbers as in the ICR, in redirection entries and in MSIs.</summary>
enum DeliveryMode
{
    Fixed = 0,

    /// <summary>To one of the destinations.</summary>
    LowestPriority = 1,
    SystemManagement = 2,

    /// <summary>KVM wakes a halted target.</summary>
    RemoteRead = 3,
    NonMaskable = 4,
    Init = 5,
    StartUp = 6,

    /// <summary>The vector comes from the 8259s.</summary>
    External = 7,
}
