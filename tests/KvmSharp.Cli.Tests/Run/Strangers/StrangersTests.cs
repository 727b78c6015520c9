using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Boot;
using KvmSharp.Cli.Run.Images;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Cli.Tests.Run.Strangers;

/// <summary>
/// Programs that nobody wrote for this CPU, as Debian packages them: memtest86+ and SeaBIOS. Where the files are not there,
/// the tests say so and pass.
/// </summary>
/// <remarks>
/// The files are looked for where the packages put them, below the directory that <c>KVMSHARP_STRANGERS</c> names, or the
/// root. With <c>KVMSHARP_STRANGERS_SECONDS</c> they go on for as long. docs/run.md says how far they get.
/// </remarks>
public sealed class StrangersTests(ITestOutputHelper output)
{
    const string RootVariable = "KVMSHARP_STRANGERS";

    /// <summary>Seconds to go on for when a program has got as far as the test wants.</summary>
    const string LongerVariable = "KVMSHARP_STRANGERS_SECONDS";

    static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void Memtest86_tests_memory()
    {
        if (Read("boot/memtest86+x64.bin") is not { } image)
            return;
        const byte Enter = 0x1C;
        using var machine = new StrangerMachine(Enter);
        // As the Linux boot protocol has it: what the setup sectors say, a map of memory, a command line.
        const int SectorBytes = 512;
        const int HeaderAt = 0x1F1;
        const int HeaderBytes = 0x70;
        int setup = (image[HeaderAt] + 1) * SectorBytes;
        byte[] parameters = new byte[Page.Size];
        image.AsSpan(HeaderAt, HeaderBytes).CopyTo(parameters.AsSpan(HeaderAt));
        const ulong ParametersAt = 0x9_0000;
        const ulong CommandLineAt = 0x9_8000;
        const ulong KernelAt = 0x10_0000;
        parameters[0x06] = 3;      // text mode
        parameters[0x07] = 80;
        parameters[0x0E] = 25;
        parameters[0x0F] = 1;      // VGA
        parameters[0x210] = 0xFF;  // a boot loader without a number
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(0x228), (uint)CommandLineAt);
        parameters[0x1E8] = 2;
        WriteRange(parameters.AsSpan(0x2D0), 0, 0xA_0000);
        WriteRange(parameters.AsSpan(0x2E4), KernelAt, StrangerMachine.MemoryBytes - KernelAt);
        machine.Machine.Memory.TryWrite(new Gpa(ParametersAt), parameters, out _);
        machine.Machine.Memory.TryWrite(new Gpa(CommandLineAt), "console=ttyS0,115200\0"u8, out _);
        machine.Machine.Memory.TryWrite(new Gpa(KernelAt), image.AsSpan(setup), out _);
        StartState.WriteDescriptors(machine.Machine.Memory, GuestMode.Protected);
        StartState.Apply(machine.Vcpu, new GuestImage(GuestMode.Protected, new Gpa(KernelAt), []), 0, new Gpa(ParametersAt));
        machine.Vcpu.GetRegs(out KvmRegs regs);
        machine.Vcpu.SetRegs(regs with { Rsi = ParametersAt, Rdi = 0 });

        // Test #0 is the first.
        bool gotThere = machine.RunUntil(
            static machine => Array.Exists(machine.Screen(), static line => Regex.IsMatch(line, "Test #[1-9]")), _patience);

        Tell(machine);
        string screen = string.Join('\n', machine.Screen());
        Assert.True(gotThere, "it has not begun its second test");
        Assert.Contains("Memtest86+ v", screen);
        Assert.Contains("Errors: 0", screen);
        Assert.Equal(0, machine.Vcpu.Statistics.UnknownInstructions);
    }

    [Fact]
    public void Seabios_starts_and_says_who_it_is()
    {
        if (Read("usr/share/seabios/bios.bin") is not { } image)
            return;
        using var machine = new StrangerMachine();
        // Below one megabyte, where the reset vector's jump leads; the copy below four gigabytes is left out, and so the
        // first instruction is the one that the reset vector holds.
        machine.Machine.Memory.TryWrite(new Gpa(0x10_0000 - (ulong)image.Length), image, out _);
        machine.Vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0xF_0000;
        machine.Vcpu.SetSregs(sregs);

        bool gotThere = machine.RunUntil(
            static machine => machine.DebugText.Contains("Press ESC for boot menu", StringComparison.Ordinal), _patience);

        Tell(machine);
        Assert.True(gotThere, "it has not come to its menu");
        Assert.StartsWith("SeaBIOS (version", machine.DebugText);
        Assert.Equal(0, machine.Vcpu.Statistics.UnknownInstructions);
    }

    static void WriteRange(Span<byte> entry, ulong start, ulong bytes)
    {
        const uint Usable = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(entry, start);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], Usable);
    }

    byte[]? Read(string path)
    {
        string full = Path.Combine(Environment.GetEnvironmentVariable(RootVariable) ?? "/", path);
        if (File.Exists(full))
            return File.ReadAllBytes(full);
        output.WriteLine($"skipped: there is no {full}");
        return null;
    }

    void Tell(StrangerMachine machine)
    {
        if (double.TryParse(Environment.GetEnvironmentVariable(LongerVariable), CultureInfo.InvariantCulture, out double seconds))
            machine.Run(TimeSpan.FromSeconds(seconds));
        output.WriteLine(machine.Report());
        output.WriteLine("debug port:\n" + machine.DebugText);
        output.WriteLine("serial port:\n" + machine.SerialText.Replace("\e", "<ESC>", StringComparison.Ordinal));
        output.WriteLine("screen:\n" + string.Join('\n', machine.Screen()).TrimEnd());
    }
}
