using System;
using System.Text;
using KvmSharp.Addresses;
using KvmSharp.Cli.Run.Images;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run.Boot;

/// <summary>What a guest is told about its machine. <c>struct boot</c> in samples/guests/src/guest.h.</summary>
/// <param name="MemoryBytes">Memory from guest physical address 0 on.</param>
/// <param name="Cpus">vCPUs that are started.</param>
/// <param name="Slots">Memory slots that the memory was cut into.</param>
/// <param name="CommandLine">The guest's arguments.</param>
sealed record BootRecord(ulong MemoryBytes, int Cpus, int Slots, string CommandLine)
{
    /// <summary>"KVMS", in the order of memory.</summary>
    const uint Magic = 0x534d_564b;

    const uint Bytes = 32;

    /// <exception cref="ImageException">The arguments are too long.</exception>
    internal void Check()
    {
        if (CommandLineText().Length is var bytes && bytes > BootLayout.CommandLineBytes)
            throw new ImageException($"gets arguments of {bytes} bytes; {BootLayout.CommandLineBytes} are the most");
    }

    internal void Write(MachineMemory memory)
    {
        Gpa at = BootLayout.Record;
        memory.Write(at, Magic);
        memory.Write(at + 4, Bytes);
        memory.Write(at + 8, MemoryBytes);
        memory.Write(at + 16, (uint)Cpus);
        memory.Write(at + 20, (uint)Slots);
        memory.Write(at + 24, BootLayout.CommandLine.Value);
        WriteCommandLine(memory);
    }

    /// <summary>Writes the arguments alone.</summary>
    internal void WriteCommandLine(MachineMemory memory)
    {
        if (!memory.TryWrite(BootLayout.CommandLine, CommandLineText(), out _))
            throw new InvalidOperationException("the boot record lies outside memory");
    }

    byte[] CommandLineText() => Encoding.UTF8.GetBytes(CommandLine + '\0');
}
