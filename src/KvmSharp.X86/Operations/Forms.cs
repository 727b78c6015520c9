using KvmSharp.X86.Operands;

namespace KvmSharp.X86.Operations;

/// <summary>Something that is made for an operand size that is known only when an instruction has been decoded.</summary>
interface ISizedMaker
{
    DecodedInstruction? Make<TSize>(in Decoded decoded)
        where TSize : struct, IOperandSize;
}

/// <summary>Something that is made for an operand size and a way of addressing.</summary>
interface IAddressedMaker
{
    DecodedInstruction? Make<TSize, TAddressing>(in Decoded decoded)
        where TSize : struct, IOperandSize
        where TAddressing : struct, IAddressing;
}

/// <summary>From what was decoded to types.</summary>
static class Forms
{
    /// <summary>Makes it for an operand's size; nothing for sizes that are no general register's.</summary>
    internal static DecodedInstruction? Size<TMaker>(in Decoded decoded, int bits, TMaker maker)
        where TMaker : struct, ISizedMaker => bits switch
        {
            8 => maker.Make<Byte8>(in decoded),
            16 => maker.Make<Word16>(in decoded),
            32 => maker.Make<Dword32>(in decoded),
            64 => maker.Make<Qword64>(in decoded),
            _ => null,
        };

    /// <summary>Makes it for an operand's size and for the instruction's way of addressing.</summary>
    internal static DecodedInstruction? Memory<TMaker>(in Decoded decoded, int bits, TMaker maker)
        where TMaker : struct, IAddressedMaker => bits switch
        {
            8 => Addressed<TMaker, Byte8>(in decoded, maker),
            16 => Addressed<TMaker, Word16>(in decoded, maker),
            32 => Addressed<TMaker, Dword32>(in decoded, maker),
            64 => Addressed<TMaker, Qword64>(in decoded, maker),
            _ => null,
        };

    static DecodedInstruction? Addressed<TMaker, TSize>(in Decoded decoded, TMaker maker)
        where TMaker : struct, IAddressedMaker
        where TSize : struct, IOperandSize => decoded.AddressForm switch
        {
            AddressForm.Long => maker.Make<TSize, LongAddressing>(in decoded),
            AddressForm.LongWrapped => maker.Make<TSize, LongWrappedAddressing>(in decoded),
            _ => maker.Make<TSize, SegmentedAddressing>(in decoded),
        };
}
