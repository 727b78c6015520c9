namespace KvmSharp.Cli.Run.Images;

/// <summary>The mode that a guest is started in.</summary>
enum GuestMode
{
    /// <summary>16 bits, as after reset.</summary>
    Real,

    /// <summary>32 bits, flat segments, no paging.</summary>
    Protected,

    /// <summary>64 bits, all memory mapped one to one.</summary>
    Long,
}
