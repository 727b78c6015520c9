using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Images;

/// <summary>What is loaded into a guest, and how it is started.</summary>
/// <param name="Mode">The mode of its first instruction.</param>
/// <param name="Entry">The address of its first instruction.</param>
/// <param name="Segments">Its parts.</param>
/// <param name="IsMultiboot">Whether it is started as the multiboot specification says, on one vCPU.</param>
sealed record GuestImage(GuestMode Mode, Gpa Entry, IReadOnlyList<ImageSegment> Segments, bool IsMultiboot = false);
