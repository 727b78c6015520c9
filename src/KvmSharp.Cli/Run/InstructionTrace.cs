using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Run;

/// <summary>
/// Writes down each instruction before it is executed, and each exit: a line each, the vCPU first. It steps the vCPUs one
/// instruction at a time, so that the guest runs many times slower, and all vCPUs take turns at the file.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="memory">The machine's memory, for the bytes of instructions.</param>
sealed class InstructionTrace(TextWriter writer, MachineMemory memory)
{
    const int MaxInstructionBytes = 15;
    const ulong PagingBit = 1UL << 31;
    const ulong ProtectionBit = 1;

    readonly Lock _writeLock = new();

    // Guarded by _writeLock:
    readonly NasmFormatter _formatter = new();
    readonly StringBuilderOutput _text = new();
    readonly byte[] _bytes = new byte[MaxInstructionBytes];

    /// <summary>Makes a vCPU stop after each instruction, and writes down its first.</summary>
    internal void Begin(IVcpu vcpu)
    {
        vcpu.SetGuestDebug(new KvmGuestDebug
        {
            Control = KvmGuestDebugControl.Enable | KvmGuestDebugControl.SingleStep,
        });
        Step(vcpu);
    }

    /// <summary>Writes down the instruction that comes next.</summary>
    internal void Step(IVcpu vcpu)
    {
        vcpu.GetRegs(out KvmRegs regs);
        vcpu.GetSregs(out KvmSregs sregs);
        lock (_writeLock)
        {
            int count = Fetch(unchecked(sregs.Cs.Base + regs.Rip), sregs);
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{vcpu.Id.Value} {sregs.Cs.Selector:x4}:{regs.Rip:x8} "));
            if (count == 0)
            {
                writer.WriteLine("(cannot be read)");
                return;
            }
            int bits = sregs.Cs.L != 0 ? 64 : sregs.Cs.Db != 0 ? 32 : 16;
            var decoder = Iced.Intel.Decoder.Create(bits, new ByteArrayCodeReader(_bytes, 0, count), regs.Rip);
            Instruction instruction = decoder.Decode();
            int length = Math.Clamp(instruction.Length, 1, count);
            _formatter.Format(instruction, _text);
            writer.WriteLine($"{Convert.ToHexStringLower(_bytes.AsSpan(0, length)),-30} {_text.Take()}");
        }
    }

    /// <summary>Writes down an exit.</summary>
    internal void Exit(IVcpu vcpu, in VcpuExit exit)
    {
        lock (_writeLock)
            writer.WriteLine($"{vcpu.Id.Value} {exit.ToString()}");
    }

    // As many bytes as lie in mapped memory. Pages are translated by the tables as they are, which are read, not used:
    // no accessed bit is set.
    int Fetch(ulong address, in KvmSregs sregs)
    {
        int count = 0;
        while (count < MaxInstructionBytes
            && TryTranslate(unchecked(address + (ulong)count), sregs) is { } gpa
            && memory.TryRead(gpa, _bytes.AsSpan(count, 1), out _))
        {
            count++;
        }
        return count;
    }

    Gpa? TryTranslate(ulong address, in KvmSregs sregs)
    {
        if ((sregs.Cr0 & (PagingBit | ProtectionBit)) != (PagingBit | ProtectionBit))
            return new Gpa((uint)address);
        return PageTables.TryTranslate(memory, sregs, address);
    }

    sealed class StringBuilderOutput : FormatterOutput
    {
        readonly StringBuilder _builder = new();

        public override void Write(string text, FormatterTextKind kind) => _builder.Append(text);

        internal string Take()
        {
            string text = _builder.ToString();
            _builder.Clear();
            return text;
        }
    }
}
