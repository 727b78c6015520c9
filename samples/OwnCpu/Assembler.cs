using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace OwnCpu;

/// <summary>As much of an assembler as the guest program needs. Labels may be used before they are set.</summary>
sealed class Assembler
{
    readonly List<uint> _words = [];
    readonly Dictionary<string, int> _labels = [];
    readonly List<(int Word, string Label, Func<int, uint> Encode)> _uses = [];

    int Here => _words.Count * sizeof(uint);

    public void Label(string name) => _labels.Add(name, Here);

    public void Add(Register rd, Register rs1, Register rs2) => R(0, rs2, rs1, 0, rd);

    public void Sll(Register rd, Register rs1, Register rs2) => R(0, rs2, rs1, 1, rd);

    public void Srl(Register rd, Register rs1, Register rs2) => R(0, rs2, rs1, 5, rd);

    public void And(Register rd, Register rs1, Register rs2) => R(0, rs2, rs1, 7, rd);

    public void Addi(Register rd, Register rs1, int value) => Emit(I(Opcode.OpImmediate, value, rs1, 0, rd));

    public void Ld(Register rd, int offset, Register rs1) => Emit(I(Opcode.Load, offset, rs1, Width.Double, rd));

    public void Lbu(Register rd, int offset, Register rs1) => Emit(I(Opcode.Load, offset, rs1, Width.ByteUnsigned, rd));

    public void Sd(Register rs2, int offset, Register rs1) => Emit(S(offset, rs2, rs1, Width.Double));

    public void Sw(Register rs2, int offset, Register rs1) => Emit(S(offset, rs2, rs1, Width.Word));

    public void Sb(Register rs2, int offset, Register rs1) => Emit(S(offset, rs2, rs1, Width.Byte));

    public void AmoaddD(Register rd, Register rs2, Register rs1) =>
        Emit(((uint)rs2 << 20) | ((uint)rs1 << 15) | (Width.Double << 12) | ((uint)rd << 7) | (uint)Opcode.Amo);

    public void Beq(Register rs1, Register rs2, string label) => Branch(0, rs1, rs2, label);

    public void Bne(Register rs1, Register rs2, string label) => Branch(1, rs1, rs2, label);

    public void Blt(Register rs1, Register rs2, string label) => Branch(4, rs1, rs2, label);

    public void Call(string label) => Jal(Register.Ra, label);

    public void Jump(string label) => Jal(Register.Zero, label);

    public void Return() => Emit(I(Opcode.Jalr, 0, Register.Ra, 0, Register.Zero));

    public void Ecall() => Emit(Instruction.Ecall);

    public void Ebreak() => Emit(Instruction.Ebreak);

    public void Wfi() => Emit(Instruction.Wfi);

    /// <summary>A constant below 2 GiB: its upper twenty bits, then the rest, which is signed.</summary>
    public void Li(Register rd, ulong value)
    {
        uint upper = checked((uint)((int)value + 0x800)) & ~0xfffu;
        Emit(upper | ((uint)rd << 7) | (uint)Opcode.Lui);
        Addi(rd, rd, (int)value - (int)upper);
    }

    /// <summary>The address of a label that is near.</summary>
    public void La(Register rd, string label)
    {
        Emit(((uint)rd << 7) | (uint)Opcode.Auipc);
        Use(label, offset => I(Opcode.OpImmediate, offset + sizeof(uint), rd, 0, rd));
    }

    /// <summary>Text that ends in a zero byte.</summary>
    public void Text(string label, string text)
    {
        Label(label);
        byte[] bytes = new byte[(text.Length / sizeof(uint) + 1) * sizeof(uint)];
        Encoding.ASCII.GetBytes(text, bytes);
        for (int at = 0; at < bytes.Length; at += sizeof(uint))
            Emit(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)));
    }

    public byte[] Assemble()
    {
        foreach ((int word, string label, Func<int, uint> encode) in _uses)
            _words[word] = encode(_labels[label] - word * sizeof(uint));
        byte[] bytes = new byte[Here];
        for (int word = 0; word < _words.Count; word++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word * sizeof(uint)), _words[word]);
        return bytes;
    }

    void Emit(uint word) => _words.Add(word);

    void Use(string label, Func<int, uint> encode)
    {
        _uses.Add((_words.Count, label, encode));
        Emit(0);
    }

    void R(uint funct7, Register rs2, Register rs1, uint funct3, Register rd) =>
        Emit((funct7 << 25) | ((uint)rs2 << 20) | ((uint)rs1 << 15) | (funct3 << 12) | ((uint)rd << 7) | (uint)Opcode.Op);

    static uint I(Opcode opcode, int value, Register rs1, uint funct3, Register rd) =>
        ((uint)Signed(value, 12) << 20) | ((uint)rs1 << 15) | (funct3 << 12) | ((uint)rd << 7) | (uint)opcode;

    static uint S(int offset, Register rs2, Register rs1, uint funct3)
    {
        uint bits = (uint)Signed(offset, 12);
        return ((bits >> 5) << 25) | ((uint)rs2 << 20) | ((uint)rs1 << 15) | (funct3 << 12) | ((bits & 31) << 7)
            | (uint)Opcode.Store;
    }

    void Branch(uint funct3, Register rs1, Register rs2, string label) => Use(label, offset =>
    {
        uint bits = (uint)Signed(offset, 13);
        return ((bits >> 12) << 31) | (((bits >> 5) & 0x3f) << 25) | ((uint)rs2 << 20) | ((uint)rs1 << 15) | (funct3 << 12)
            | (((bits >> 1) & 0xf) << 8) | (((bits >> 11) & 1) << 7) | (uint)Opcode.Branch;
    });

    void Jal(Register rd, string label) => Use(label, offset =>
    {
        uint bits = (uint)Signed(offset, 21);
        return ((bits >> 20) << 31) | (((bits >> 1) & 0x3ff) << 21) | (((bits >> 11) & 1) << 20)
            | (((bits >> 12) & 0xff) << 12) | ((uint)rd << 7) | (uint)Opcode.Jal;
    });

    // The low bits of a signed value, or a refusal to cut it.
    static int Signed(int value, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, -(1 << (bits - 1)));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, 1 << (bits - 1));
        return value & ((1 << bits) - 1);
    }
}
