using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Iced.Intel;
using Decoder = Iced.Intel.Decoder;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>A short program without loops. Branches lead forward, to another step or to the end.</summary>
sealed class Sequence(IReadOnlyList<SequenceStep> steps, SequencePointers pointers)
{
    // Instructions are numbered, for the encoder, by step and place in it.
    const int NumbersOfAStep = 16;

    internal IReadOnlyList<SequenceStep> Steps => steps;

    /// <summary>The registers that address memory throughout.</summary>
    internal SequencePointers Pointers => pointers;

    internal Sequence Without(int step)
    {
        List<SequenceStep> rest = [];
        for (int i = 0; i < steps.Count; i++)
        {
            if (i != step)
                rest.Add(steps[i].Without(step));
        }
        return new Sequence(rest, pointers);
    }

    /// <summary>The machine code for an address.</summary>
    /// <param name="address">Where it will lie.</param>
    /// <param name="change">What to put in the place of an instruction; for tests of the tests.</param>
    internal byte[] Encode(ulong address, Func<Instruction, Instruction>? change = null)
    {
        List<Instruction> list = [];
        for (int step = 0; step < steps.Count; step++)
        {
            for (int i = 0; i < steps[step].Code.Length; i++)
            {
                Instruction instruction = steps[step].Code[i];
                if (change is not null)
                    instruction = change(instruction);
                instruction.IP = NumberOf(step, i);
                if (steps[step].Target != SequenceStep.None)
                    instruction.NearBranch64 = NumberOf(steps[step].Target, 0);
                else if (instruction.Op0Kind == OpKind.NearBranch64)
                    instruction.NearBranch64 = LocalTarget(step, (int)instruction.NearBranch64);
                list.Add(instruction);
            }
        }

        // Where branches to the end lead.
        list.Add(Instruction.Create(Code.Nopd) with { IP = NumberOf(steps.Count, 0) });
        using MemoryStream stream = new();
        InstructionBlock block = new(new StreamCodeWriter(stream), list, address);
        if (!BlockEncoder.TryEncode(64, block, out string? error, out _))
            throw new InvalidOperationException(error);
        return stream.ToArray();
    }

    /// <summary>A line for each instruction: address, bytes, text.</summary>
    internal string Describe(ulong address)
    {
        byte[] bytes = Encode(address);
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), address);
        StringBuilder text = new();
        for (int at = 0; at < bytes.Length; at = (int)(decoder.IP - address))
        {
            decoder.Decode(out Instruction instruction);
            string hex = Convert.ToHexStringLower(bytes.AsSpan(at, instruction.Length));
            text.AppendLine(CultureInfo.InvariantCulture, $"  {instruction.IP:x8}  {hex,-30} {instruction}");
        }
        return text.ToString();
    }

    ulong LocalTarget(int step, int instruction) =>
        instruction == steps[step].Code.Length ? NumberOf(step + 1, 0) : NumberOf(step, instruction);

    static ulong NumberOf(int step, int instruction) => (ulong)(((step + 1) * NumbersOfAStep) + instruction);
}
