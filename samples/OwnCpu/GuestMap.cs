using KvmSharp.Addresses;

namespace OwnCpu;

/// <summary>The board: what lies where in guest physical memory. Below 2 GiB, so that one <c>lui</c> reaches it.</summary>
static class GuestMap
{
    /// <summary>A read-only slot with the program.</summary>
    public static readonly Gpa Rom = new(0x1000_0000);

    /// <summary>A slot with the program's data, shared by both harts.</summary>
    public static readonly Gpa Ram = new(0x2010_0000);

    public const ulong RamSize = 1 << 20;

    /// <summary>Where the host plugs a page in, …</summary>
    public static readonly Gpa WindowA = new(0x3020_0000);

    /// <summary>… where it moves it to, and where it takes it away again.</summary>
    public static readonly Gpa WindowB = new(0x3030_0000);

    // Devices: no slot here, so accesses come out of the guest.
    public static readonly Gpa Uart = new(0x4000_0000);
    public static readonly Gpa Interrupts = new(0x4000_1000);

    // Words in RAM, by their offset.
    public const int Primes = 0x00;
    public const int Counter = 0x08;
    public const int Go = 0x10;
    public const int Stop = 0x18;
    public const int Finished = 0x20;
    public const int SeenMemory = 0x40;
    public const int SeenHole = 0x48;

    /// <summary>The two words above exist once for each hart, this far apart (log2).</summary>
    public const int RecordShift = 4;

    /// <summary>The sieve: one byte a number.</summary>
    public const int Sieve = 0x1000;

    public const int SieveLimit = 8192;
    public const int Increments = 20_000;

    /// <summary>What a plugged page holds, and what the host puts there once the slot is gone.</summary>
    public const ulong Magic = 0x600D;

    public const ulong Poison = 0xBAD;
}
