namespace KvmSharp.Lab.Slots.Records;

/// <summary>The slots that devices of a guest's own take: one for each piece of memory they show.</summary>
static class AssignedDevices
{
    const int DevicesOfBus = 32;
    const int FunctionsOfDevice = 8;
    const int BaseAddressRegisters = 6;
    const int ExpansionRoms = 1;

    // The table of message-signalled interrupts is not memory, and may cut the register's memory in two.
    const int PiecesMore = 1;

    /// <summary>Slots of a bus with nothing but such devices.</summary>
    internal const int SlotsOfBus =
        DevicesOfBus * FunctionsOfDevice * (BaseAddressRegisters + ExpansionRoms + PiecesMore);
}
