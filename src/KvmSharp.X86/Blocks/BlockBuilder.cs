using System;
using System.Collections.Generic;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Blocks;

/// <summary>Decodes blocks. Belongs to one CPU.</summary>
sealed class BlockBuilder
{
    /// <summary>Bytes of the longest instruction.</summary>
    internal const int MaxInstructionLength = 15;

    // A run without jumps ends here too, so that a CPU never goes long without looking at its attention word.
    const int MaxInstructions = 64;

    readonly ByteRangeReader _reader = new();
    readonly Decoder[] _decoders;
    readonly List<Operation> _body = [];
    readonly byte[] _crossing = new byte[2 * MaxInstructionLength];

    internal BlockBuilder() =>
        _decoders = [Decoder.Create(16, _reader), Decoder.Create(32, _reader), Decoder.Create(64, _reader)];

    /// <summary>Decodes from a page until the run ends, or the page does.</summary>
    /// <param name="page">Where the bytes are.</param>
    /// <param name="offset">Where the block starts in the page.</param>
    /// <param name="key">How to decode it.</param>
    /// <param name="rip">Where the block is, as an offset in CS.</param>
    /// <returns>None when the first instruction goes on in the next page: <see cref="BuildCrossing"/>.</returns>
    internal Block? Build(CodePage page, int offset, BlockKey key, ulong rip)
    {
        _reader.Reset(page.Bytes, offset, Page.Size);
        Block? block = Decode(key, rip, offset);
        if (block is not null)
            page.MarkDecoded(offset, block.Length);
        return block;
    }

    /// <summary>Decodes the one instruction that lies in two pages.</summary>
    internal Block BuildCrossing(CodePage first, int offset, CodePage second, BlockKey key, ulong rip)
    {
        int head = Page.Size - offset;
        Array.Copy(first.Bytes, offset, _crossing, 0, head);
        Array.Copy(second.Bytes, 0, _crossing, head, MaxInstructionLength);
        _reader.Reset(_crossing, 0, head + MaxInstructionLength);
        Block block = Decode(key with { IsSingle = true }, rip, 0)!;
        first.MarkDecoded(offset, head);
        second.MarkDecoded(0, Math.Max(0, block.Length - head));
        block.SecondPage = second;
        return block;
    }

    Block? Decode(BlockKey key, ulong rip, int start)
    {
        Decoder decoder = _decoders[(int)key.Mode];
        decoder.IP = rip;
        _body.Clear();
        int length = 0;
        while (true)
        {
            decoder.Decode(out Instruction instruction);
            if (decoder.LastError == DecoderError.NoMoreBytes)
            {
                // Whole instructions up to the end of the page are a block.
                return length == 0 ? null : Finish(new FallThrough(), length, 0);
            }
            int end = _reader.Position - start;
            DecodedInstruction decoded = InstructionTable.Translate(new Decoded(in instruction, key.Mode, rip));
            decoded.Offset = (ushort)length;
            decoded.Length = (byte)(end - length);
            length = end;
            if (decoded is Terminator terminator)
                return Finish(terminator, length, 1);
            _body.Add((Operation)decoded);
            if (_body.Count == MaxInstructions || key.IsSingle)
                return Finish(new FallThrough(), length, 0);
        }
    }

    Block Finish(Terminator end, int length, int last)
    {
        if (end is FallThrough)
            end.Offset = (ushort)length;
        return new Block([.. _body], end, length, _body.Count + last);
    }
}
